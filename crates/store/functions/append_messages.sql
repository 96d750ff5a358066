-- Adds messages, whose UIDs are consecutive. `_users` and `_private` say for each message who appends it
-- and which flags are set for that account alone. The contents are written before the mailbox is locked.
create or replace function append_messages(
  _mailbox bigint, _accounts bigint[], _versions bigint[], _needed smallint[],
  _sizes integer[], _sent integer[], _envelopes bytea[], _structures bytea[],
  _headers bytea[], _bodies bytea[], _folded bytea[],
  _dates bigint[], _flags bigint[], _users bigint[], _private bigint[],
  out uid_validity bigint, out first_uid bigint, out modseq bigint
)
language plpgsql as $$
#variable_conflict use_column
declare
  _count    bigint := cardinality(_sizes);
  _contents bigint[];
  _bytes    bigint;
  _unseen   bigint;
  _deleted  bigint;
  _version  bigint;
  _validity bigint;
  _first    bigint;
  _next     bigint;
begin
  -- The slow part comes before the lock. In the select list, unnest does not copy large values to disk.
  with added as (
    insert into content (size, sent, envelope, structure, header, body, folded)
    select unnest(_sizes), unnest(_sent), unnest(_envelopes), unnest(_structures),
           unnest(_headers), unnest(_bodies), unnest(_folded)
    returning id
  )
  -- One insert takes its ids in the order of its rows.
  select array_agg(id order by id) into _contents from added;

  select sum(m.size), count(*) filter (where m.flags & 8 = 0), count(*) filter (where m.flags & 4 <> 0)
    into _bytes, _unseen, _deleted
    from unnest(_sizes, _flags) as m (size, flags);

  update mailbox
     set uid_next = uid_next + _count,
         modseq = modseq + 1,
         message_count = message_count + _count,
         byte_count = byte_count + _bytes,
         unseen_count = unseen_count + _unseen,
         deleted_count = deleted_count + _deleted
   where id = _mailbox
  returning uid_validity, uid_next - _count, modseq, rights_version
       into _validity, _first, _next, _version;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such mailbox';
  end if;
  if _version <> any (_versions) then
    perform check_permits(_mailbox, _version, _accounts, _versions, _needed);
  end if;
  if _first + _count > 4294967295 then
    raise exception using errcode = 'PR004', message = 'the mailbox has no UID left';
  end if;

  insert into entry (mailbox, uid, content, modseq, flags, internal_date, size)
  select _mailbox, _first + m.place - 1, m.content, _next, m.flags, m.internal_date, m.size
    from unnest(_contents, _flags, _dates, _sizes) with ordinality
      as m (content, flags, internal_date, size, place);

  insert into change (mailbox, modseq, kind, uids)
  values (_mailbox, _next, 1, int8multirange(int8range(_first, _first + _count)));

  if 0 <> any (_private) then
    perform flip_private(_mailbox, _next, array_agg(m.account), array_agg(b.flag),
                         array_agg(_first + m.place - 1))
       from unnest(_users, _private) with ordinality as m (account, flags, place)
       join private_flag b on m.flags & b.bit <> 0;
  end if;

  uid_validity := _validity;
  first_uid := _first;
  modseq := _next;
end
$$;
