-- Costs by nature, repairs, and those with any cost on record, in groups. Parameters: those of the group, then the filters'.
SELECT {by} AS name, sum(parts), sum(labour), sum(travel), count(*), count(*) FILTER (is_known)
FROM marts.cost{where}
GROUP BY 1
