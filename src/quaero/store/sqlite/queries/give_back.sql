-- Some pages at the end of the file go into gaps further in front, and the file becomes so much shorter.
PRAGMA incremental_vacuum(500)
