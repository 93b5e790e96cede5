-- Casts of landed text. Each gives NULL for what it cannot read, so that the row can be quarantined with its reason.
-- DuckDB's own functions are kept together here: on another engine only this file is written again.

-- Text that a human reads as "nothing" is nothing.
-- What neither begins nor ends with a blank needs no trimming; to ask that costs a third of the trim.
CREATE OR REPLACE TEMP MACRO is_bare(txt) AS
    txt >= '!' AND NOT starts_with(txt, '　') AND NOT starts_with(txt, chr(160))
    AND NOT suffix(txt, ' ') AND NOT suffix(txt, chr(9)) AND NOT suffix(txt, chr(10)) AND NOT suffix(txt, chr(13))
    AND NOT suffix(txt, '　') AND NOT suffix(txt, chr(160));
CREATE OR REPLACE TEMP MACRO clean(landed) AS
    CASE WHEN is_bare(CAST(landed AS VARCHAR)) THEN CAST(landed AS VARCHAR)
    ELSE nullif(trim(CAST(landed AS VARCHAR), ' 	　' || chr(10) || chr(13) || chr(160)), '') END;

-- What a spreadsheet shows in the place of a value, alone or behind a prefix that a mapping gave it.
CREATE OR REPLACE TEMP MACRO is_error(txt) AS
    contains(txt, '#') AND length(txt) <= 40
    AND regexp_matches(txt, '(^|[^#\w])#(N/A|REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!|GETTING_DATA|NOT CALCULATED)$');

-- A text that states its own offset from UTC, such as 2024-03-07T08:05:00+08:00, … 08:05 UTC or …Z.
-- The commonest shape, 2024-03-07 08:05:00, states none; to see that costs half of the search.
CREATE OR REPLACE TEMP MACRO states_offset(txt) AS
    txt NOT LIKE '_____________:__:__' AND regexp_matches(txt, ':\d\d([.,]\d+)? ?(Z|UTC|GMT|[+-]\d\d(:?\d\d)?)$');

-- The shapes people write dates in: 2024.3.7, 2024年3月7日 14时20分, 2024/3/7 下午 2:05, 20240307, and Excel's day count.
CREATE OR REPLACE TEMP MACRO tidy_date(txt) AS
    trim(regexp_replace(regexp_replace(regexp_replace(
        replace(replace(replace(txt, '：', ':'), '上午', ' '), '下午', ' '),
        '^\s*(\d{4})\s*[-年./]\s*(\d{1,2})\s*[-月./]\s*(\d{1,2})\s*日?[T\s]*', '\1-\2-\3 '),
        '\s*[时時点分]\s*', ':', 'g'),
        '[:秒\s]+$', ''));

CREATE OR REPLACE TEMP MACRO any_shape(txt) AS coalesce(
    CASE
        WHEN regexp_full_match(txt, '[2-6]\d{4}(\.\d+)?')
            THEN TIMESTAMP '1899-12-30' + to_seconds(CAST(round(CAST(txt AS DOUBLE) * 86400) AS BIGINT))
        WHEN txt LIKE '%下午%' THEN try_strptime(tidy_date(txt) || ' PM', ['%Y-%m-%d %I:%M:%S %p', '%Y-%m-%d %I:%M %p'])
        WHEN txt LIKE '%上午%' THEN try_strptime(tidy_date(txt) || ' AM', ['%Y-%m-%d %I:%M:%S %p', '%Y-%m-%d %I:%M %p'])
    END,
    try_strptime(tidy_date(txt), [
        '%Y-%m-%d %H:%M:%S', '%Y-%m-%d %H:%M', '%Y-%m-%d', '%Y-%m-%d %H', '%Y%m%d', '%Y%m%d%H%M%S', '%Y%m%d %H:%M', '%Y%m%d %H:%M:%S'
    ])
);

-- A macro writes its argument out as often as it names it, and DuckDB works it out as often inside a CASE: so a text is
-- read in one step, and what was read is judged in the next, as a column.
CREATE OR REPLACE TEMP MACRO local_time(txt, formats) AS
    coalesce(try_strptime(txt, formats), try_cast(txt AS TIMESTAMP), any_shape(txt));

CREATE OR REPLACE TEMP MACRO plain_local_time(txt) AS coalesce(try_cast(txt AS TIMESTAMP), any_shape(txt));

-- DuckDB wants seconds before an offset, no space, and the name of no zone.
CREATE OR REPLACE TEMP MACRO offset_time(txt) AS make_timestamp(epoch_us(coalesce(
    try_cast(txt AS TIMESTAMPTZ),
    try_cast(regexp_replace(regexp_replace(regexp_replace(txt, ' ?(UTC|GMT|Z)$', '+00'),
        '([T ]\d?\d:\d\d) ?([+-])', '\1:00\2'), ' ([+-]\d\d(:?\d\d)?)$', '\1') AS TIMESTAMPTZ))));

-- Years outside this range are slips of the pen (0016-02-03), not dates. What is moved to another zone beforehand is
-- first kept where that can be worked out: infinity, or the last year that a number can hold, cannot.
CREATE OR REPLACE TEMP MACRO plausible(t) AS
    CASE WHEN t BETWEEN TIMESTAMP '1900-01-01' AND TIMESTAMP '2200-01-01' THEN t END;
CREATE OR REPLACE TEMP MACRO movable(t) AS least(greatest(t, TIMESTAMP '1899-01-01'), TIMESTAMP '2201-01-01');

-- A comma is read where it separates thousands; elsewhere nobody knows whether 1,5 is 1.5 or 15.
CREATE OR REPLACE TEMP MACRO any_number(txt) AS coalesce(
    try_cast(txt AS DOUBLE),
    CASE WHEN regexp_full_match(txt, '[+-]?\d{1,3}(,\d{3})+(\.\d+)?') THEN try_cast(replace(txt, ',', '') AS DOUBLE) END);
CREATE OR REPLACE TEMP MACRO finite(x) AS CASE WHEN isfinite(x) THEN x END;
CREATE OR REPLACE TEMP MACRO whole(x) AS CASE WHEN x = floor(x) AND abs(x) < 9e15 THEN CAST(x AS BIGINT) END;

CREATE OR REPLACE TEMP MACRO to_boolean(txt) AS
    CASE
        WHEN lower(txt) IN ('true', 't', '1', '1.0', 'yes', 'y', '是', '有', '√', '对') THEN true
        WHEN lower(txt) IN ('false', 'f', '0', '0.0', 'no', 'n', '否', '无', '×', '错') THEN false
    END;

-- The number of a text for ordering versions: 10 after 9, however it was written.
CREATE OR REPLACE TEMP MACRO version_number(txt) AS try_cast(txt AS DOUBLE);
