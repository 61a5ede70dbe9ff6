-- In one transaction: others see the old index until its end, and the new one from then on.
DROP TRIGGER documents_text_next_insert;
DROP TRIGGER documents_text_next_delete;
DROP TRIGGER documents_text_next_update;
DROP TRIGGER documents_text_insert;
DROP TRIGGER documents_text_delete;
DROP TRIGGER documents_text_update;
DROP TABLE documents_text;
ALTER TABLE documents_text_next RENAME TO documents_text;
CREATE TRIGGER documents_text_insert AFTER INSERT ON documents BEGIN
  INSERT INTO documents_text (rowid, title, markdown, url) VALUES (new.id, new.title, new.markdown, new.url);
END;
CREATE TRIGGER documents_text_delete AFTER DELETE ON documents BEGIN
  INSERT INTO documents_text (documents_text, rowid, title, markdown, url)
  VALUES ('delete', old.id, old.title, old.markdown, old.url);
END;
CREATE TRIGGER documents_text_update AFTER UPDATE OF title, markdown, url ON documents
WHEN old.title <> new.title OR old.markdown <> new.markdown OR old.url <> new.url BEGIN
  INSERT INTO documents_text (documents_text, rowid, title, markdown, url)
  VALUES ('delete', old.id, old.title, old.markdown, old.url);
  INSERT INTO documents_text (rowid, title, markdown, url) VALUES (new.id, new.title, new.markdown, new.url);
END;
