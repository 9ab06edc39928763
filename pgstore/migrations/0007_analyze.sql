-- What many rules at once change, the statistics of the planner do not know until
-- autovacuum comes by. Until then a connection may go on with the plan that it made when
-- there were few, and read the whole table for each look-up. Only the owner of a table
-- may analyze it: whoever runs the store asks by this.
CREATE FUNCTION @analyze_rules() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ BEGIN ANALYZE @rules; END $$;

REVOKE ALL ON FUNCTION @analyze_rules() FROM PUBLIC;
