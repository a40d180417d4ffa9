-- What the review needs (plan 8③): which texts are copies, what was reported, and how a post ended.

-- Fingerprint of the description without blanks and marks; short texts are alike by chance.
ALTER TABLE jobs_vacancies
	ADD COLUMN text_mark BINARY(32) AS (IF(CHAR_LENGTH(description) < 60, NULL,
		UNHEX(SHA2(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(description, ' ', ''),
		'　', ''), '\r', ''), '\n', ''), '，', ''), '。', ''), 256)))) PERSISTENT INVISIBLE,
	ADD COLUMN reminded DATE NULL INVISIBLE, -- the end that the employer was reminded of
	ADD KEY jobs_vacancies_text (text_mark), ADD KEY jobs_vacancies_ends (state, expires);

-- A report is handled like any record: state, version, history.
ALTER TABLE jobs_reports
	ADD COLUMN role INT NOT NULL DEFAULT 0, -- of the reporter
	ADD COLUMN halts TINYINT NOT NULL DEFAULT 0, -- while it is open, the vacancy is not pushed
	ADD COLUMN state VARCHAR(20) NOT NULL DEFAULT 'open', -- open dismissed reviewed closed
	ADD COLUMN ver INT NOT NULL DEFAULT 1,
	ADD COLUMN open_account BIGINT AS (IF(state = 'open', account, NULL)) PERSISTENT INVISIBLE,
	ADD UNIQUE KEY jobs_reports_once (vacancy, open_account),
	ADD KEY jobs_reports_account (account, at), ADD KEY jobs_reports_open (state, halts, vacancy);

CREATE TABLE jobs_outcomes ( -- what came of a vacancy that has ended
	vacancy BIGINT NOT NULL PRIMARY KEY,
	asked DATETIME(3) NOT NULL DEFAULT NOW(3),
	answered DATETIME(3) NULL,
	account BIGINT NOT NULL DEFAULT 0, -- who answered
	hired INT NOT NULL DEFAULT 0,      -- people
	via_us INT NOT NULL DEFAULT 0,     -- of them found here
	note VARCHAR(300) NOT NULL DEFAULT '',
	KEY jobs_outcomes_open (answered, asked)
);
