-- Costs by nature, repairs, those with any cost on record, and the sum of the squares of what each cost, in groups. Parameters: those of the group, then the filters'.
SELECT {by} AS name, sum(parts), sum(labour), sum(travel), count(*), count(*) FILTER (is_known),
    sum((parts + labour + travel) * (parts + labour + travel))
FROM marts.cost{where}
GROUP BY 1
