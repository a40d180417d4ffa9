-- What the audit holds is neither changed nor removed, also not by the service's own account; an
-- administrator of the database who drops these triggers is still shown by the hash chain. (Where the
-- binary log is on, creating them needs log_bin_trust_function_creators=ON.)
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit FOR EACH ROW
	SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'audit is append-only';
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit FOR EACH ROW
	SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'audit is append-only';
