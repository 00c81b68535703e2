-- A checkpoint by parts: pieces of a whole one, and behind them what has changed since.
CREATE TABLE open311_checkpoint_part (
	server text NOT NULL,
	n bigint NOT NULL,
	doc bytea NOT NULL,
	PRIMARY KEY (server, n)
);
INSERT INTO open311_checkpoint_part (server, n, doc) SELECT server, 1, convert_to(doc, 'UTF8') FROM open311_checkpoint WHERE doc <> 'null';
ALTER TABLE open311_checkpoint DROP COLUMN doc;
ALTER TABLE open311_checkpoint ADD COLUMN pieces bigint NOT NULL DEFAULT 1;

-- Reports that are marked as sending and of which nothing has left, by the revision of the mark. It is unlogged: what is
-- deleted from it is quick to be known, and after a crash of the server, when that may be forgotten, it is empty.
CREATE UNLOGGED TABLE open311_unsent (
	id text PRIMARY KEY,
	revision bigint NOT NULL,
	boot text NOT NULL
);
