-- An empty index beside the one in use. Triggers keep it right in whatever documents it has; new ones go into both.
DROP TRIGGER IF EXISTS documents_text_next_insert;
DROP TRIGGER IF EXISTS documents_text_next_delete;
DROP TRIGGER IF EXISTS documents_text_next_update;
DROP TABLE IF EXISTS documents_text_next;
CREATE VIRTUAL TABLE documents_text_next USING fts5 (
  title, markdown, url,
  content = 'documents', content_rowid = 'id',
  tokenize = 'porter unicode61 remove_diacritics 2'
);
CREATE TRIGGER documents_text_next_insert AFTER INSERT ON documents BEGIN
  INSERT INTO documents_text_next (rowid, title, markdown, url) VALUES (new.id, new.title, new.markdown, new.url);
END;
CREATE TRIGGER documents_text_next_delete AFTER DELETE ON documents
WHEN EXISTS (SELECT 1 FROM documents_text_next_docsize t WHERE t.id = old.id) BEGIN
  INSERT INTO documents_text_next (documents_text_next, rowid, title, markdown, url)
  VALUES ('delete', old.id, old.title, old.markdown, old.url);
END;
CREATE TRIGGER documents_text_next_update AFTER UPDATE OF title, markdown, url ON documents
WHEN (old.title <> new.title OR old.markdown <> new.markdown OR old.url <> new.url)
  AND EXISTS (SELECT 1 FROM documents_text_next_docsize t WHERE t.id = old.id) BEGIN
  INSERT INTO documents_text_next (documents_text_next, rowid, title, markdown, url)
  VALUES ('delete', old.id, old.title, old.markdown, old.url);
  INSERT INTO documents_text_next (rowid, title, markdown, url) VALUES (new.id, new.title, new.markdown, new.url);
END;
