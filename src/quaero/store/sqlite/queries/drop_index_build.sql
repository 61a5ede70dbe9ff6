DROP TRIGGER IF EXISTS documents_text_next_insert;
DROP TRIGGER IF EXISTS documents_text_next_delete;
DROP TRIGGER IF EXISTS documents_text_next_update;
DROP TABLE IF EXISTS documents_text_next;
