j.id, j.root_id, j.parent_id, j.kind, j.type, j.name, j.state, j.config, j.depth, j.discovered_by, j.attempt,
  j.lost_leases, j.lease_number, j.lease_owner, j.run_at, j.created_at, j.started_at, j.finished_at, j.error_code, j.error, j.note, j.priority, j.host
