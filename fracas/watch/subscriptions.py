"""Who is told what: what a role gets, what a person wants or does not want, and what is posted into a channel's room."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bilingual.errors import UserError
from bilingual.text import Language, as_language
from fracas.model import Person, now
from fracas.people import Actor
from fracas.permissions import Role, Scope
from fracas.watch.model import Subscription
from fracas.watch.topics import TOPICS

# The channel that reaches a person: all others post into a room.
MAIL = "mail"


@dataclass(frozen=True)
class Recipient:
    """Who a message goes to. person_id: None for a room and for an address. scope: the part of the house they are told of."""

    channel: str
    person_id: str | None
    name: str
    language: Language
    scope: Scope
    has_names: bool = False
    address: str | None = None

    @property
    def key(self) -> str:
        return f"{self.channel}/{self.person_id or self.address or ''}/{self.language}"


def recipients(session: Session, topic: str, otherwise: Language) -> list[Recipient]:
    """Everybody who is told of a topic: active people with an address and a role or a wish for it, and rooms.

    otherwise: the language of who has not chosen one.
    """
    wanted = list(session.scalars(select(Subscription).where(Subscription.topic == topic)))
    roles = _roles(topic, wanted)
    of_people = {s.person_id: s for s in wanted if s.person_id}
    found = []
    for person in session.scalars(
        select(Person).where(Person.is_active, Person.email.is_not(None)).order_by(Person.id)
    ):
        actor, own = Actor.of(person), of_people.get(person.id)
        if own.is_on if own else not actor.roles.isdisjoint(roles):
            found.append(
                Recipient(
                    MAIL,
                    person.id,
                    person.name,
                    as_language(own.language if own else None) or actor.language or otherwise,
                    narrower(actor.scope, own),
                    actor.may("team.read"),
                )
            )
    rooms = sorted((s for s in wanted if s.channel and s.is_on), key=lambda s: (s.channel or "", s.id))
    return found + [
        Recipient(room.channel or "", None, room.channel or "", as_language(room.language) or otherwise, narrower(Scope(), room))
        for room in rooms
    ]  # fmt: skip


def narrower(scope: Scope, own: Subscription | None) -> Scope:
    """What is left of a scope where a subscription names a part of it; one that names none of it changes nothing."""
    if own is None:
        return scope

    def both(theirs: frozenset[str], named: Iterable[str]) -> frozenset[str]:
        wanted = frozenset(named)
        if not wanted or not theirs:
            return wanted or theirs
        return (wanted & theirs) or theirs

    return Scope(both(scope.regions, own.regions), both(scope.product_lines, own.product_lines))


def _roles(topic: str, rows: Iterable[Subscription]) -> frozenset[str]:
    """The roles that are told of a topic: those of the topic, but for what an administrator said otherwise."""
    said = {row.role: row.is_on for row in rows if row.role and row.topic == topic}
    return frozenset(role for role in Role if said.get(role, role in TOPICS[topic].roles))


def of_roles(session: Session) -> dict[str, frozenset[str]]:
    """For every topic the roles that are told of it."""
    rows = list(session.scalars(select(Subscription).where(Subscription.role.is_not(None))))
    return {topic: _roles(topic, rows) for topic in TOPICS}


def of_person(session: Session, actor: Actor) -> dict[str, bool]:
    """For every topic whether a person is told of it."""
    own = {s.topic: s for s in session.scalars(select(Subscription).where(Subscription.person_id == actor.id))}
    return {
        topic: own[topic].is_on if topic in own else not actor.roles.isdisjoint(roles)
        for topic, roles in of_roles(session).items()
    }


def choose(session: Session, actor: Actor, person_id: str, wanted: Iterable[str]) -> None:
    """Say what a person wants to be told of: one's own, or, as an administrator, another's. Where it is what their roles are
    told of, nothing is kept, so that it follows the roles."""
    actor.must("own.edit" if actor.id == person_id else "subscriptions.edit")
    person = session.get(Person, person_id)
    if person is None:
        raise UserError(en="There is no such person.", zh="没有此人员。")
    chosen, theirs = _known(wanted), Actor.of(person).roles
    own = {s.topic: s for s in session.scalars(select(Subscription).where(Subscription.person_id == person_id))}
    for topic, roles in of_roles(session).items():
        is_default = (topic in chosen) is not theirs.isdisjoint(roles)
        row = own.get(topic) or Subscription(person_id=person_id, topic=topic)
        _keep(session, actor, row, topic in chosen, is_default)


def choose_for_roles(session: Session, actor: Actor, wanted: Iterable[tuple[str, str]]) -> None:
    """Say which roles are told of what: topics with roles."""
    actor.must("subscriptions.edit")
    chosen = set(wanted)
    _known(topic for topic, _ in chosen)
    rows = session.scalars(select(Subscription).where(Subscription.role.is_not(None)))
    kept = {(row.topic, row.role): row for row in rows}
    for name, topic in TOPICS.items():
        for role in Role:
            is_on = (name, role) in chosen
            row = kept.get((name, role)) or Subscription(role=role, topic=name)
            _keep(session, actor, row, is_on, is_on is (role in topic.roles))


def _known(topics: Iterable[str]) -> set[str]:
    chosen = set(topics)
    if unknown := chosen - TOPICS.keys():
        raise UserError(
            en="There is no topic “{topic}” to subscribe to.", zh="没有可订阅的主题“{topic}”。", topic=min(unknown)
        )
    return chosen


def _keep(session: Session, actor: Actor, row: Subscription, is_on: bool, is_default: bool) -> None:
    """Keep what differs from the default, and nothing else."""
    if is_default:
        if row.id is not None:
            session.delete(row)
        return
    row.is_on, row.changed_at, row.changed_by_id = is_on, now(), actor.id
    session.add(row)


def rooms(session: Session) -> list[Subscription]:
    """What is posted into rooms."""
    return list(
        session.scalars(
            select(Subscription)
            .where(Subscription.channel.is_not(None))
            .order_by(Subscription.channel, Subscription.topic)
        )
    )


def post_to(
    session: Session,
    actor: Actor,
    channel: str,
    topic: str,
    language: str | None = None,
    regions: Iterable[str] = (),
    product_lines: Iterable[str] = (),
) -> None:
    """Have a topic posted into a channel's room, of the whole house or of a part."""
    actor.must("subscriptions.edit")
    if topic not in TOPICS or channel == MAIL or not channel.strip():
        raise UserError(
            en="A room needs a channel of its own and a topic of the list.", zh="群须指定通道和列表中的主题。"
        )
    known = select(Subscription).where(Subscription.channel == channel, Subscription.topic == topic)
    row = session.scalars(known).first() or Subscription(channel=channel.strip(), topic=topic)
    row.language, row.regions, row.product_lines = language, sorted(regions), sorted(product_lines)
    row.is_on, row.changed_at, row.changed_by_id = True, now(), actor.id
    session.add(row)


def leave(session: Session, actor: Actor, subscription_id: str) -> None:
    """Have nothing more posted by one of the rooms' subscriptions."""
    actor.must("subscriptions.edit")
    row = session.get(Subscription, subscription_id)
    if row is not None and row.channel:
        session.delete(row)
