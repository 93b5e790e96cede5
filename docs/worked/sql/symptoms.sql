-- What people wrote when they reported.
SELECT fault_id, symptom FROM core.fault WHERE symptom IS NOT NULL ORDER BY fault_id
