-- The core's tables. Times are Beijing time (the connection sets time_zone '+08:00').
-- Every row that a person edits has ver; nothing relies on dense or ordered ids.

-- Reference data, loaded from sql/reference/*.tsv by `jiyectl migrate`.
CREATE TABLE units ( -- reporting units of the province: cities and their equals
	code CHAR(6) NOT NULL PRIMARY KEY,
	name VARCHAR(60) NOT NULL,
	sort SMALLINT NOT NULL
);
CREATE TABLE regions ( -- GB/T 2260, with the abolished codes that older ID numbers carry
	code CHAR(6) NOT NULL PRIMARY KEY,
	name VARCHAR(60) NOT NULL,
	full_name VARCHAR(120) NOT NULL,
	level TINYINT NOT NULL, -- 1 province, 2 city, 3 county
	parent CHAR(6) NULL,
	kind VARCHAR(20) NOT NULL,
	unit CHAR(6) NULL, -- reporting unit, inside the province only
	abolished TINYINT NOT NULL DEFAULT 0,
	KEY regions_parent (parent), KEY regions_unit (unit)
);
CREATE TABLE universities (
	code CHAR(10) NOT NULL PRIMARY KEY,
	name VARCHAR(100) NOT NULL,
	province CHAR(6) NOT NULL,
	region CHAR(6) NOT NULL,
	unit CHAR(6) NULL,
	authority VARCHAR(60) NOT NULL,
	level VARCHAR(10) NOT NULL, -- 本科 专科
	KEY universities_unit (unit)
);
CREATE TABLE majors ( -- disciplines (2 digits), classes (4) and majors (6)
	code VARCHAR(8) NOT NULL PRIMARY KEY,
	name VARCHAR(80) NOT NULL,
	level TINYINT NOT NULL, -- 1 discipline, 2 class, 3 major
	parent VARCHAR(8) NULL,
	education VARCHAR(12) NOT NULL, -- bachelor vocational
	KEY majors_parent (parent)
);
CREATE TABLE occupations (
	code CHAR(10) NOT NULL PRIMARY KEY,
	name VARCHAR(120) NOT NULL,
	level TINYINT NOT NULL,
	parent CHAR(10) NULL,
	aliases TEXT NOT NULL,
	KEY occupations_parent (parent)
);
CREATE TABLE industries (
	code VARCHAR(8) NOT NULL PRIMARY KEY,
	name VARCHAR(120) NOT NULL,
	level TINYINT NOT NULL,
	parent VARCHAR(8) NULL,
	KEY industries_parent (parent)
);

-- Who there is.
CREATE TABLE organisations (
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	kind VARCHAR(20) NOT NULL, -- employer hr_office edu_office university trainer incubator partner
	name VARCHAR(120) NOT NULL,
	credit_code CHAR(18) NULL,
	unit CHAR(6) NULL,
	region CHAR(6) NULL,
	industry VARCHAR(8) NULL,
	university CHAR(10) NULL,
	contact_name VARCHAR(60) NOT NULL DEFAULT '',
	contact_phone VARCHAR(30) NOT NULL DEFAULT '', -- the organisation's public line
	website VARCHAR(200) NOT NULL DEFAULT '',
	about TEXT NOT NULL DEFAULT '',
	state VARCHAR(20) NOT NULL DEFAULT 'active', -- pending active suspended closed
	created DATETIME(3) NOT NULL DEFAULT NOW(3),
	ver INT NOT NULL DEFAULT 1,
	UNIQUE KEY organisations_credit (credit_code),
	KEY organisations_kind_unit (kind, unit), KEY organisations_name (name)
);
CREATE TABLE people ( -- graduates on a roster
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	uid CHAR(32) NOT NULL,
	name VARCHAR(60) NOT NULL,
	gender CHAR(1) NULL, -- m f
	birth_year SMALLINT NULL,
	resident_id VARBINARY(255) NULL, -- sealed
	resident_id_hash BINARY(32) NULL,
	phone VARBINARY(255) NULL, -- sealed
	phone_hash BINARY(32) NULL,
	email VARCHAR(120) NULL,
	university CHAR(10) NOT NULL,
	unit CHAR(6) NOT NULL, -- of the university
	student_no VARCHAR(30) NOT NULL,
	major VARCHAR(8) NOT NULL,
	education VARCHAR(12) NOT NULL, -- college bachelor master doctor
	cohort SMALLINT NOT NULL,       -- graduates in this year
	home_region CHAR(6) NULL,
	hardship VARBINARY(255) NULL, -- sealed kind, '' if none; NULL unknown
	contact_state VARCHAR(12) NOT NULL DEFAULT 'unknown', -- unknown valid wrong unreachable
	push_off TINYINT NOT NULL DEFAULT 0, -- opted out of pushes
	created DATETIME(3) NOT NULL DEFAULT NOW(3),
	ver INT NOT NULL DEFAULT 1,
	UNIQUE KEY people_uid (uid), UNIQUE KEY people_resident (resident_id_hash),
	UNIQUE KEY people_student (university, student_no),
	KEY people_phone (phone_hash), KEY people_unit (unit, cohort), KEY people_cohort (cohort, id)
);
CREATE TABLE accounts (
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	uid CHAR(32) NOT NULL,
	name VARCHAR(60) NOT NULL, -- sign-in name, lower case
	display_name VARCHAR(60) NOT NULL,
	phone VARBINARY(255) NULL, -- sealed
	phone_hash BINARY(32) NULL,
	email VARCHAR(120) NULL, -- lower case
	password VARCHAR(160) NULL, -- Argon2id with its parameters
	password_changed DATETIME(3) NULL,
	totp VARBINARY(255) NULL, -- sealed secret
	totp_last BIGINT NOT NULL DEFAULT 0, -- last time step used
	person BIGINT NULL,
	state VARCHAR(12) NOT NULL DEFAULT 'active', -- active disabled
	last_seen DATETIME(3) NULL,
	created DATETIME(3) NOT NULL DEFAULT NOW(3),
	ver INT NOT NULL DEFAULT 1,
	UNIQUE KEY accounts_uid (uid), UNIQUE KEY accounts_name (name),
	UNIQUE KEY accounts_phone (phone_hash), UNIQUE KEY accounts_email (email),
	UNIQUE KEY accounts_person (person)
);
CREATE TABLE account_roles (
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	account BIGINT NOT NULL,
	role INT NOT NULL, -- enum jy_role
	unit CHAR(6) NOT NULL DEFAULT '',
	university CHAR(10) NOT NULL DEFAULT '',
	organisation BIGINT NOT NULL DEFAULT 0,
	granted_by BIGINT NOT NULL DEFAULT 0,
	granted_at DATETIME(3) NOT NULL DEFAULT NOW(3),
	UNIQUE KEY account_roles_once (account, role, unit, university, organisation)
);
CREATE TABLE sessions (
	hash BINARY(32) NOT NULL PRIMARY KEY,
	account BIGINT NOT NULL,
	role_id BIGINT NOT NULL, -- account_roles row in use
	csrf CHAR(43) NOT NULL,
	second_factor TINYINT NOT NULL DEFAULT 0, -- 1 passed
	address VARCHAR(45) NOT NULL,
	agent VARCHAR(160) NOT NULL,
	created DATETIME(3) NOT NULL DEFAULT NOW(3),
	seen DATETIME(3) NOT NULL DEFAULT NOW(3),
	KEY sessions_account (account), KEY sessions_seen (seen)
);
CREATE TABLE one_time_codes ( -- reset links, phone codes
	hash BINARY(32) NOT NULL PRIMARY KEY,
	account BIGINT NOT NULL,
	kind VARCHAR(20) NOT NULL,
	expires DATETIME(3) NOT NULL,
	tries TINYINT NOT NULL DEFAULT 0,
	used DATETIME(3) NULL,
	KEY one_time_codes_account (account, kind)
);

-- What is asked and who answers.
CREATE TABLE campaigns (
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	cohort SMALLINT NOT NULL,
	name VARCHAR(80) NOT NULL,
	starts DATE NOT NULL,
	ends DATE NOT NULL,
	liaison_due DATE NOT NULL,
	report_due DATE NOT NULL,
	push_target SMALLINT NOT NULL DEFAULT 3,
	guidance_target SMALLINT NOT NULL DEFAULT 1,
	training_target SMALLINT NOT NULL DEFAULT 1,
	startup_target SMALLINT NOT NULL DEFAULT 1,
	visit_target SMALLINT NOT NULL DEFAULT 1,
	current TINYINT NULL, -- 1 on the running one
	ver INT NOT NULL DEFAULT 1,
	UNIQUE KEY campaigns_cohort (cohort), UNIQUE KEY campaigns_current (current)
);
CREATE TABLE needs (
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	person BIGINT NOT NULL,
	campaign BIGINT NOT NULL,
	kind VARCHAR(20) NOT NULL, -- job guidance startup training
	unit CHAR(6) NOT NULL,
	university CHAR(10) NOT NULL,
	detail TEXT NOT NULL, -- JSON: wishes of this kind
	source VARCHAR(20) NOT NULL, -- self staff import
	entered_by BIGINT NOT NULL,
	state VARCHAR(20) NOT NULL DEFAULT 'open', -- open served withdrawn
	created DATETIME(3) NOT NULL DEFAULT NOW(3),
	changed DATETIME(3) NOT NULL DEFAULT NOW(3),
	ver INT NOT NULL DEFAULT 1,
	UNIQUE KEY needs_once (person, campaign, kind),
	KEY needs_unit (campaign, unit, kind, state), KEY needs_university (university)
);
CREATE TABLE orders (
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	need BIGINT NOT NULL,
	person BIGINT NOT NULL,
	responder VARCHAR(32) NOT NULL,
	title VARCHAR(120) NOT NULL,
	unit CHAR(6) NOT NULL,
	university CHAR(10) NOT NULL,
	owner BIGINT NULL, -- account
	due DATETIME(3) NOT NULL,
	state VARCHAR(20) NOT NULL DEFAULT 'open', -- open accepted answered confirmed returned cancelled
	proof VARCHAR(500) NOT NULL DEFAULT '',
	link VARCHAR(200) NOT NULL DEFAULT '',
	created DATETIME(3) NOT NULL DEFAULT NOW(3),
	changed DATETIME(3) NOT NULL DEFAULT NOW(3) ON UPDATE NOW(3),
	ver INT NOT NULL DEFAULT 1,
	UNIQUE KEY orders_once (need, responder),
	KEY orders_unit (unit, state, due), KEY orders_owner (owner, state, due), KEY orders_person (person)
);

-- How work is carried.
CREATE TABLE flow_history (
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	flow VARCHAR(60) NOT NULL,
	record BIGINT NOT NULL,
	move VARCHAR(30) NOT NULL,
	from_state VARCHAR(20) NOT NULL,
	to_state VARCHAR(20) NOT NULL,
	account BIGINT NOT NULL, -- 0 the system
	role INT NOT NULL,
	reason VARCHAR(40) NOT NULL,
	note TEXT NOT NULL,
	at DATETIME(3) NOT NULL DEFAULT NOW(3),
	KEY flow_history_record (flow, record, id)
);
CREATE TABLE events (
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	name VARCHAR(60) NOT NULL,
	payload TEXT NOT NULL, -- JSON without personal data
	created DATETIME(3) NOT NULL DEFAULT NOW(3),
	fanned_out TINYINT NOT NULL DEFAULT 0,
	KEY events_fan (fanned_out, id)
);
CREATE TABLE work ( -- deliveries of events, outbox items, task runs: everything that is leased
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	kind VARCHAR(10) NOT NULL, -- event outbox task
	name VARCHAR(80) NOT NULL, -- subscriber plugin, channel (sms email), task "jobs.match"
	dedupe VARCHAR(120) NULL,
	payload MEDIUMTEXT NOT NULL, -- JSON
	event BIGINT NULL,
	state VARCHAR(10) NOT NULL DEFAULT 'waiting', -- waiting done dead dropped
	not_before DATETIME(3) NOT NULL DEFAULT NOW(3),
	lease_until DATETIME(3) NOT NULL DEFAULT '2000-01-01',
	token CHAR(32) NOT NULL DEFAULT '',
	attempts SMALLINT NOT NULL DEFAULT 0,
	progress_done BIGINT NOT NULL DEFAULT 0,
	progress_total BIGINT NOT NULL DEFAULT 0,
	progress_text VARCHAR(120) NOT NULL DEFAULT '',
	result TEXT NOT NULL DEFAULT '',
	created DATETIME(3) NOT NULL DEFAULT NOW(3),
	finished DATETIME(3) NULL,
	UNIQUE KEY work_once (kind, name, dedupe),
	KEY work_due (state, kind, not_before), KEY work_name (kind, name, id)
);
CREATE TABLE messages (
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	account BIGINT NOT NULL,
	once VARCHAR(80) NOT NULL,
	title VARCHAR(120) NOT NULL,
	text TEXT NOT NULL,
	link VARCHAR(200) NOT NULL,
	created DATETIME(3) NOT NULL DEFAULT NOW(3),
	held TINYINT NOT NULL DEFAULT 0, -- over the weekly cap: in-box only, no e-mail or SMS
	urgent TINYINT NOT NULL DEFAULT 0, -- passes the cap and is not counted by it
	read_at DATETIME(3) NULL,
	UNIQUE KEY messages_once (account, once), KEY messages_account (account, id)
);
CREATE TABLE message_preferences ( -- no row: everything on
	account BIGINT NOT NULL PRIMARY KEY,
	email TINYINT NOT NULL DEFAULT 1,
	sms TINYINT NOT NULL DEFAULT 1,
	quiet TINYINT NOT NULL DEFAULT 1, -- nothing but urgent messages in the quiet hours
	reason VARCHAR(200) NOT NULL DEFAULT '' -- why the person turned e-mails off
);
CREATE TABLE idempotency (
	hash BINARY(32) NOT NULL PRIMARY KEY, -- of key, session and route
	body BINARY(32) NOT NULL,
	status SMALLINT NOT NULL DEFAULT 0,
	location VARCHAR(300) NOT NULL DEFAULT '',
	created DATETIME(3) NOT NULL DEFAULT NOW(3),
	KEY idempotency_created (created)
);
CREATE TABLE audit ( -- append-only; hash = HMAC over this row and the previous one of its chain
	id BIGINT NOT NULL PRIMARY KEY, -- milliseconds since 1970 * 64 + chain
	at DATETIME(3) NOT NULL,
	account BIGINT NOT NULL,
	role INT NOT NULL,
	action VARCHAR(60) NOT NULL,
	object VARCHAR(120) NOT NULL,
	detail TEXT NOT NULL, -- JSON
	request VARCHAR(40) NOT NULL,
	hash BINARY(32) NOT NULL,
	KEY audit_at (at), KEY audit_object (object), KEY audit_account (account, id)
);
CREATE TABLE audit_head ( -- the ends of 64 chains: one alone would make all writers wait in line
	chain TINYINT NOT NULL PRIMARY KEY,
	id BIGINT NOT NULL,
	hash BINARY(32) NOT NULL
);
INSERT INTO audit_head SELECT seq, 0, REPEAT(CHAR(0), 32) FROM seq_0_to_63;
CREATE TABLE files (
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	uid CHAR(32) NOT NULL,
	owner VARCHAR(80) NOT NULL, -- "jobs.licence:12"
	name VARCHAR(160) NOT NULL,
	type VARCHAR(80) NOT NULL,
	size INT NOT NULL,
	account BIGINT NOT NULL,
	created DATETIME(3) NOT NULL DEFAULT NOW(3),
	UNIQUE KEY files_uid (uid), KEY files_owner (owner)
);
CREATE TABLE file_chunks (
	file BIGINT NOT NULL,
	part INT NOT NULL,
	data MEDIUMBLOB NOT NULL, -- sealed, 256 KiB each
	PRIMARY KEY (file, part)
);
CREATE TABLE transfer_runs (
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	name VARCHAR(60) NOT NULL,
	account BIGINT NOT NULL,
	role INT NOT NULL,
	unit CHAR(6) NOT NULL,
	university CHAR(10) NOT NULL,
	organisation BIGINT NOT NULL,
	file BIGINT NULL,
	file_name VARCHAR(160) NOT NULL,
	mapping TEXT NOT NULL, -- JSON
	state VARCHAR(12) NOT NULL DEFAULT 'preview', -- preview waiting running done failed
	total INT NOT NULL DEFAULT 0,
	next_row INT NOT NULL DEFAULT 0,
	good INT NOT NULL DEFAULT 0,
	unchanged INT NOT NULL DEFAULT 0,
	bad INT NOT NULL DEFAULT 0,
	created DATETIME(3) NOT NULL DEFAULT NOW(3),
	finished DATETIME(3) NULL,
	KEY transfer_runs_name (name, id)
);
CREATE TABLE transfer_errors (
	run BIGINT NOT NULL,
	row_no INT NOT NULL,
	reasons TEXT NOT NULL,
	line TEXT NOT NULL,
	PRIMARY KEY (run, row_no)
);

-- How the system is run.
CREATE TABLE settings (
	name VARCHAR(80) NOT NULL PRIMARY KEY,
	value TEXT NOT NULL,
	changed_by BIGINT NOT NULL DEFAULT 0,
	changed_at DATETIME(3) NOT NULL DEFAULT NOW(3)
);
CREATE TABLE cluster ( -- one row: nodes roll a new generation when the number moves
	one TINYINT NOT NULL PRIMARY KEY,
	generation BIGINT NOT NULL
);
INSERT INTO cluster VALUES (1, 1);
CREATE TABLE plugins (
	name VARCHAR(32) NOT NULL PRIMARY KEY,
	version VARCHAR(20) NOT NULL,
	title VARCHAR(80) NOT NULL DEFAULT '',
	build CHAR(64) NOT NULL, -- sha256 over the plugin's files, names the folder in use
	previous_build CHAR(64) NOT NULL DEFAULT '', -- for rollback
	good_build CHAR(64) NOT NULL DEFAULT '', -- the last one that came into service
	generation BIGINT NOT NULL DEFAULT 0, -- from which on the change below holds
	wanted TINYINT NOT NULL DEFAULT 0,
	state VARCHAR(12) NOT NULL, -- found refused disabled enabling on draining quarantined failed
	reason VARCHAR(500) NOT NULL DEFAULT '',
	changed_by BIGINT NOT NULL DEFAULT 0,
	changed_at DATETIME(3) NOT NULL DEFAULT NOW(3)
);
CREATE TABLE plugin_history (
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	plugin VARCHAR(32) NOT NULL,
	action VARCHAR(20) NOT NULL,
	account BIGINT NOT NULL,
	why VARCHAR(300) NOT NULL,
	at DATETIME(3) NOT NULL DEFAULT NOW(3),
	KEY plugin_history_plugin (plugin, id)
);
CREATE TABLE plugin_schedule (
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	plugin VARCHAR(32) NOT NULL,
	enable TINYINT NOT NULL,
	at DATETIME NOT NULL,
	account BIGINT NOT NULL,
	why VARCHAR(300) NOT NULL,
	done DATETIME(3) NULL,
	KEY plugin_schedule_at (done, at)
);
CREATE TABLE plugin_units_off ( -- a plugin that is on is off for these units
	plugin VARCHAR(32) NOT NULL,
	unit CHAR(6) NOT NULL,
	PRIMARY KEY (plugin, unit)
);
CREATE TABLE plugin_crashes (
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	node VARCHAR(60) NOT NULL,
	plugin VARCHAR(32) NOT NULL,
	hook VARCHAR(20) NOT NULL,
	route VARCHAR(80) NOT NULL,
	request VARCHAR(40) NOT NULL,
	signal_no SMALLINT NOT NULL,
	kind VARCHAR(12) NOT NULL, -- crash timeout
	backtrace TEXT NOT NULL,
	at DATETIME(3) NOT NULL DEFAULT NOW(3),
	KEY plugin_crashes_plugin (plugin, id)
);
CREATE TABLE nodes (
	name VARCHAR(60) NOT NULL PRIMARY KEY,
	generation BIGINT NOT NULL,
	state VARCHAR(12) NOT NULL,
	workers SMALLINT NOT NULL,
	seen DATETIME(3) NOT NULL
);
