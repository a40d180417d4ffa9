-- Why a node is degraded: a plugin that is wanted everywhere could not be loaded on it.
ALTER TABLE nodes ADD COLUMN IF NOT EXISTS reason VARCHAR(500) NOT NULL DEFAULT '' AFTER state;
