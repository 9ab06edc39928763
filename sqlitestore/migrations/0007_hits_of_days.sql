-- Answers which rules caught most on some days, without a look at the sketches of
-- clients beside the counts.
DROP INDEX ostraka_hits_day;
CREATE INDEX ostraka_hits_of_days ON ostraka_hits (day, rule_id, uses);
