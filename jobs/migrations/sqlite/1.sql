-- What is known of the requests of a city: one row each, however often it is read.
CREATE TABLE open311_request (
	server text NOT NULL,
	id text NOT NULL,
	status text NOT NULL,
	service_code text,
	service_name text,
	requested text,
	updated text,
	lat real,
	long real,
	doc text NOT NULL,
	sum integer NOT NULL,
	print integer NOT NULL,
	first_seen text NOT NULL,
	last_seen text NOT NULL,
	gone text,
	PRIMARY KEY (server, id)
);

-- What has happened to them, in the order in which it was found.
CREATE TABLE open311_change (
	n integer PRIMARY KEY AUTOINCREMENT,
	server text NOT NULL,
	id text NOT NULL,
	kind text NOT NULL,
	status text NOT NULL,
	previous text,
	at text,
	seen text NOT NULL,
	doc text NOT NULL
);
CREATE INDEX open311_change_of ON open311_change (server, id);

-- What is known of the cities themselves, and how far their jobs have come.
CREATE TABLE open311_server (
	server text PRIMARY KEY,
	learned text,
	plan integer NOT NULL DEFAULT 0,
	shards integer NOT NULL DEFAULT 0,
	planned text,
	gaps integer NOT NULL DEFAULT 0,
	progressed text,
	harvested text,
	followed text,
	succeeded text,
	checked text,
	took integer,
	failed text,
	error text
);

CREATE TABLE open311_checkpoint (
	server text PRIMARY KEY,
	revision integer NOT NULL,
	doc text NOT NULL
);

-- Reports on their way, with the reporters' data: see Forget.
CREATE TABLE open311_filing (
	id text PRIMARY KEY,
	server text NOT NULL,
	state text NOT NULL,
	revision integer NOT NULL,
	changed text NOT NULL,
	doc text NOT NULL
);
CREATE INDEX open311_filing_state ON open311_filing (state);

-- When the next call to a host may be made, in microseconds since 1970.
CREATE TABLE open311_pace (
	host text PRIMARY KEY,
	next integer NOT NULL
);
