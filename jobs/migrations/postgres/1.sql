-- What is known of the requests of a city: one row each, however often it is read.
CREATE TABLE open311_request (
	server text NOT NULL,
	id text NOT NULL,
	status text NOT NULL,
	service_code text,
	service_name text,
	requested timestamptz,
	updated timestamptz,
	lat double precision,
	long double precision,
	doc jsonb NOT NULL,
	sum bigint NOT NULL,
	print bigint NOT NULL,
	first_seen timestamptz NOT NULL,
	last_seen timestamptz NOT NULL,
	gone timestamptz,
	PRIMARY KEY (server, id)
);

-- What has happened to them, in the order in which it was found.
CREATE TABLE open311_change (
	n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	server text NOT NULL,
	id text NOT NULL,
	kind text NOT NULL,
	status text NOT NULL,
	previous text,
	at timestamptz,
	seen timestamptz NOT NULL,
	doc jsonb NOT NULL
);
CREATE INDEX open311_change_of ON open311_change (server, id);

-- What is known of the cities themselves, and how far their jobs have come.
CREATE TABLE open311_server (
	server text PRIMARY KEY,
	learned text,
	plan bigint NOT NULL DEFAULT 0,
	shards bigint NOT NULL DEFAULT 0,
	planned timestamptz,
	gaps bigint NOT NULL DEFAULT 0,
	progressed timestamptz,
	harvested timestamptz,
	followed timestamptz,
	succeeded timestamptz,
	checked timestamptz,
	took bigint,
	failed timestamptz,
	error text
);

CREATE TABLE open311_checkpoint (
	server text PRIMARY KEY,
	revision bigint NOT NULL,
	doc text NOT NULL
);

-- Reports on their way, with the reporters' data: see Forget.
CREATE TABLE open311_filing (
	id text PRIMARY KEY,
	server text NOT NULL,
	state text NOT NULL,
	revision bigint NOT NULL,
	changed timestamptz NOT NULL,
	doc text NOT NULL
);
CREATE INDEX open311_filing_state ON open311_filing (state);

-- When the next call to a host may be made, in microseconds since 1970.
CREATE TABLE open311_pace (
	host text PRIMARY KEY,
	next bigint NOT NULL
);
