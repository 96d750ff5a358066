-- Up to which UIDVALIDITY mailboxes begin anew after the restore that this database comes from (ADR 0089); null where nobody has
-- begun with that.
create or replace function restoration_under_way() returns bigint
language sql volatile as $$
  select max(r.uid_validity)
    from restoration r
   where r.started_at = pg_postmaster_start_time()
     and r.xmin::text::bigint = r.xid & 4294967295
$$;
