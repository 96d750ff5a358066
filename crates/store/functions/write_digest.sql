-- Writes a digest in place of others and returns true, unless somebody else wrote one of the same
-- messages, or some of them are gone by now.
create or replace function write_digest(
  _mailbox bigint, _uids int8multirange, _contents bigint[], _bounds bytea, _lists bytea,
  _sort_keys bytea, _firsts integer[], _texts bytea[], _replaced bigint[]
) returns boolean
language plpgsql as $$
declare
  _digest bigint;
begin
  -- Whoever comes second waits, and sees what the first wrote.
  perform pg_advisory_xact_lock(hashtextextended('digest', _mailbox));
  perform from mailbox m where m.id = _mailbox for key share;
  if not found then
    return false;
  end if;
  delete from digest d where d.id = any (_replaced);
  if exists (select from digest d where d.mailbox = _mailbox and d.uids && _uids) then
    return false;
  end if;
  perform c.id
     from (select u.id from unnest(_contents) as u (id) limit cardinality(_contents)) u
     join content c on c.id = u.id
      for key share of c;
  if (select count(*)
        from (select u.id from unnest(_contents) as u (id) limit cardinality(_contents)) u
        join content c on c.id = u.id) < cardinality(_contents) then
    return false;
  end if;

  insert into digest (mailbox, uids, contents, bounds, lists, sort_keys)
  values (_mailbox, _uids, _contents, _bounds, _lists, _sort_keys)
  returning id into _digest;
  insert into digest_text (digest, first, texts)
  select _digest, t.first, t.texts
    from unnest(_firsts, _texts) as t (first, texts);
  return true;
end
$$;
