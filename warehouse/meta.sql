-- What a snapshot knows about itself. Counts are rows; `row_no` is the row's number in its file.
CREATE TABLE meta.source (source VARCHAR, en VARCHAR, zh VARCHAR, owner VARCHAR, fresh_within_hours DOUBLE);
CREATE TABLE meta.rejected (source VARCHAR, stream VARCHAR, file VARCHAR, en VARCHAR, zh VARCHAR);
-- For each entity: landed rows of its streams; staged = those its mappings' filters let through (once per mapping)
-- = core + quarantined + superseded.
CREATE TABLE meta.account (
    entity VARCHAR, landed BIGINT, staged BIGINT, core BIGINT, quarantined BIGINT, superseded BIGINT
);
-- For each mapping: the rows of its stream, those that its filter leaves out, and those that all mappings of this stream to this
-- entity staged: their sums of landed - left_out.
CREATE TABLE meta.mapped (
    entity VARCHAR, source VARCHAR, stream VARCHAR, landed BIGINT, left_out BIGINT, staged BIGINT
);
CREATE TABLE meta.quarantine (
    entity VARCHAR, source VARCHAR, stream VARCHAR, batch VARCHAR, file VARCHAR, row_no BIGINT, source_key VARCHAR,
    rule VARCHAR, field VARCHAR, value VARCHAR
);
-- The rules by which rows are quarantined, in words.
CREATE TABLE meta.rule (rule VARCHAR, en VARCHAR, zh VARCHAR);
-- Changes in the shape of what sources deliver; `since` is when the delivery that brought one was landed.
CREATE TABLE meta.drift (
    source VARCHAR, stream VARCHAR, kind VARCHAR, what VARCHAR, since TIMESTAMP, en VARCHAR, zh VARCHAR
);
