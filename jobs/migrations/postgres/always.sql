-- Places for PostGIS, where that extension is there. Where it comes later, Migrate adds the column then.
DO $$
BEGIN
	IF EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'postgis') THEN
		ALTER TABLE open311_request ADD COLUMN IF NOT EXISTS place geometry(Point, 4326)
			GENERATED ALWAYS AS (ST_SetSRID(ST_MakePoint(long, lat), 4326)) STORED;
		CREATE INDEX IF NOT EXISTS open311_request_place ON open311_request USING gist (place);
	END IF;
END
$$;
