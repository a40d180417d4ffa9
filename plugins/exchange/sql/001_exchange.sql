-- What was written for others to fetch.
CREATE TABLE exchange_feeds (
	name VARCHAR(40) NOT NULL PRIMARY KEY,
	dirty TINYINT NOT NULL DEFAULT 0, -- something changed since it was written
	written_at DATETIME(3) NULL,
	items INT NOT NULL DEFAULT 0
);
