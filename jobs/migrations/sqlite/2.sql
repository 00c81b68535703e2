-- A checkpoint by parts: pieces of a whole one, and behind them what has changed since.
CREATE TABLE open311_checkpoint_part (
	server text NOT NULL,
	n integer NOT NULL,
	doc blob NOT NULL,
	PRIMARY KEY (server, n)
);
INSERT INTO open311_checkpoint_part (server, n, doc) SELECT server, 1, CAST(doc AS blob) FROM open311_checkpoint WHERE doc <> 'null';
ALTER TABLE open311_checkpoint DROP COLUMN doc;
ALTER TABLE open311_checkpoint ADD COLUMN pieces integer NOT NULL DEFAULT 1;

-- Reports that are marked as sending and of which nothing has left, by the revision of the mark and the start of the
-- machine. That one has left is written quickly: the process cannot undo it by dying, but the machine can.
CREATE TABLE open311_unsent (
	id text PRIMARY KEY,
	revision integer NOT NULL,
	boot text NOT NULL
);
