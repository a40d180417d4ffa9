-- Vacancies, their requirements, and what was pushed to whom. Employers are organisations of the core.

CREATE TABLE jobs_vacancies (
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	employer_id BIGINT NOT NULL, -- organisations.id
	title VARCHAR(80) NOT NULL,
	occupation CHAR(10) NOT NULL DEFAULT '', -- CSCO 2022 code, '' unknown
	category VARCHAR(20) NOT NULL, -- key major_project specialised public grassroots special_task research intern general
	type VARCHAR(12) NOT NULL, -- full intern research grassroots
	region CHAR(6) NOT NULL,
	unit CHAR(6) NULL, -- reporting unit of the region; NULL outside the province
	address VARCHAR(160) NOT NULL DEFAULT '',
	headcount INT NOT NULL,
	education TINYINT NOT NULL, -- least: 1 college 2 bachelor 3 master 4 doctor, 0 any
	education_max TINYINT NOT NULL DEFAULT 4, -- most (仅限本科 = 2)
	majors TEXT NOT NULL, -- the requirement phrase as written; '' = any
	pay_min BIGINT NULL, -- fen a month before tax; NULL = negotiable
	pay_max BIGINT NULL,
	pay_months TINYINT NOT NULL DEFAULT 12,
	pay_text VARCHAR(60) NOT NULL DEFAULT '', -- as written, when it was not given in numbers
	skills VARCHAR(300) NOT NULL DEFAULT '', -- separated by blanks
	description TEXT NOT NULL,
	contact VARCHAR(120) NOT NULL DEFAULT '',
	source VARCHAR(20) NOT NULL, -- self window phone visit import feed
	source_ref VARCHAR(120) NULL, -- the source's own number
	collector BIGINT NOT NULL DEFAULT 0, -- account
	collected_at DATETIME(3) NOT NULL DEFAULT NOW(3),
	published_at DATETIME(3) NULL,
	changed DATETIME(3) NOT NULL DEFAULT NOW(3),
	expires DATE NOT NULL,
	state VARCHAR(20) NOT NULL DEFAULT 'draft', -- draft pending published declined paused closed
	ver INT NOT NULL DEFAULT 1,
	UNIQUE KEY jobs_vacancies_source (source, source_ref),
	KEY jobs_vacancies_open (state, published_at, id), KEY jobs_vacancies_unit (unit, state),
	KEY jobs_vacancies_region (region, state), KEY jobs_vacancies_employer (employer_id, state),
	KEY jobs_vacancies_changed (changed, id)
);
CREATE TABLE jobs_vacancy_majors ( -- one row for each code named, for each education level
	vacancy BIGINT NOT NULL,
	education VARCHAR(12) NOT NULL, -- college bachelor graduate any
	code VARCHAR(8) NOT NULL,       -- 2 digits discipline, 4 class, 6 major
	PRIMARY KEY (vacancy, education, code)
);
CREATE TABLE jobs_batches ( -- one run of the matcher; with it every push can be explained again
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	campaign BIGINT NOT NULL,
	region CHAR(6) NOT NULL DEFAULT '', -- unit, '' = the province
	seed BIGINT NOT NULL,
	weights TEXT NOT NULL, -- JSON, with its version
	dry_run TINYINT NOT NULL DEFAULT 0,
	measures TEXT NOT NULL DEFAULT '', -- JSON
	started DATETIME(3) NOT NULL DEFAULT NOW(3),
	finished DATETIME(3) NULL
);
CREATE TABLE jobs_pushes (
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	batch BIGINT NOT NULL,
	person BIGINT NOT NULL,
	vacancy BIGINT NOT NULL,
	employer_id BIGINT NOT NULL,
	place TINYINT NOT NULL, -- 1 2 3
	score SMALLINT NOT NULL,
	relaxed VARCHAR(20) NOT NULL DEFAULT '', -- '' province adjacent
	reasons TEXT NOT NULL, -- JSON array of sentences with both sides of the fact
	pushed_at DATETIME(3) NOT NULL DEFAULT NOW(3),
	read_at DATETIME(3) NULL,
	feedback VARCHAR(20) NOT NULL DEFAULT '', -- interested applied unsuitable blocked
	feedback_reason VARCHAR(20) NOT NULL DEFAULT '', -- major place pay filled fake
	feedback_at DATETIME(3) NULL,
	replaced TINYINT NOT NULL DEFAULT 0, -- the vacancy closed before it was read
	UNIQUE KEY jobs_pushes_once (person, vacancy),
	KEY jobs_pushes_person (person, pushed_at), KEY jobs_pushes_vacancy (vacancy),
	KEY jobs_pushes_batch (batch)
);
CREATE TABLE jobs_shortages ( -- who could not get three, and why: work for the job collectors
	batch BIGINT NOT NULL,
	unit CHAR(6) NOT NULL,
	major VARCHAR(8) NOT NULL,
	education VARCHAR(12) NOT NULL,
	reason VARCHAR(20) NOT NULL, -- no_candidate education caps diversity
	people INT NOT NULL,
	missing INT NOT NULL, -- pushes short of three
	PRIMARY KEY (batch, unit, major, education, reason)
);
CREATE TABLE jobs_reports ( -- "this looks wrong", from anybody
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	vacancy BIGINT NOT NULL,
	account BIGINT NOT NULL,
	reason VARCHAR(20) NOT NULL,
	note VARCHAR(300) NOT NULL,
	at DATETIME(3) NOT NULL DEFAULT NOW(3),
	handled DATETIME(3) NULL,
	KEY jobs_reports_vacancy (vacancy)
);
