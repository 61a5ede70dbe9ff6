SELECT gin_clean_pending_list('document_texts_by_key')
