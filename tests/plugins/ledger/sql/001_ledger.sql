-- mark is not unique on purpose: a doubled write must show.
CREATE TABLE ledger_rows (
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	mark VARCHAR(60) NOT NULL
);
