CASE WHEN instr(d.url, '://') > 0 THEN substr(d.url, instr(d.url, '://') + 3, instr(substr(d.url, instr(d.url, '://') + 3) || '/', '/') - 1) ELSE '' END
