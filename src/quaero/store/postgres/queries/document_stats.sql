SELECT source_type, count(*), coalesce(sum(length(markdown)), 0)::bigint, max(updated_at) FROM documents GROUP BY source_type ORDER BY 1
