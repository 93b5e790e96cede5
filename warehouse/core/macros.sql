-- Arithmetic with instants that engines spell differently; everything else in core and marts runs unchanged on Spark.
CREATE OR REPLACE TEMP MACRO minutes_between(a, b) AS (epoch_us(b) - epoch_us(a)) / 60000000.0;
CREATE OR REPLACE TEMP MACRO hours_between(a, b) AS (epoch_us(b) - epoch_us(a)) / 3600000000.0;
CREATE OR REPLACE TEMP MACRO minute_of_day(t) AS (epoch_us(t) - epoch_us(CAST(CAST(t AS DATE) AS TIMESTAMP))) / 60000000.0;
CREATE OR REPLACE TEMP MACRO plus_minutes(t, minutes) AS t + to_microseconds(CAST(round((minutes) * 60000000.0) AS BIGINT));
CREATE OR REPLACE TEMP MACRO zoned_instant(day, clock, zone) AS timezone('UTC', timezone(zone, CAST(day AS DATE) + CAST(clock AS TIME)));

-- Working minutes of a zone up to an instant of a day, from the day's row of core.working_day.
CREATE OR REPLACE TEMP MACRO working_minutes(minutes_before, a1, b1, a2, b2, t) AS
    minutes_before
    + greatest(0.0, least(minute_of_day(t), b1) - a1)
    + greatest(0.0, least(minute_of_day(t), b2) - a2);

-- One number for two texts that belong together: joining and sorting by it is cheaper than by the texts.
CREATE OR REPLACE TEMP MACRO key_of(a, b) AS hash(a, b);
