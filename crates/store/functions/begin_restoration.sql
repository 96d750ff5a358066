-- Makes sure that nothing is given out a second time that was given out after the moment that this database was restored to, and
-- returns up to which UIDVALIDITY mailboxes have to begin anew (ADR 0089). Called again after the same restore it does nothing else.
-- Needs the rights of whoever owns the sequences.
create or replace function begin_restoration() returns bigint
language plpgsql as $$
declare
  _bound bigint;
begin
  lock table restoration in exclusive mode;
  _bound := restoration_under_way();
  if _bound is not null then
    return _bound;
  end if;
  -- Less than one a second was given out, before and after that moment, but for those of a restoration before, which were far more. So
  -- the later of two restores of one backup has the higher ones.
  _bound := setval('uid_validity',
                   greatest(extract(epoch from now())::bigint,
                            pg_sequence_last_value('uid_validity')
                            + (select coalesce(extract(epoch from now() - max(r.at))::bigint, 0) from restoration r)));
  -- MAILBOXID, EMAILID and THREADID are made of these, which nobody demands to rise. How many are lost nobody knows, nor where a restore
  -- before went on: one place in 2^40 is free.
  perform setval(s.seqrelid, coalesce(pg_sequence_last_value(s.seqrelid), s.seqmin) + 1 + floor(random() * 1099511627776)::bigint)
     from unnest(array['mailbox', 'content']) as t (name)
     join pg_sequence s on s.seqrelid = pg_get_serial_sequence(t.name, 'id')::regclass;
  insert into restoration (uid_validity) values (_bound);
  return _bound;
end
$$;
