-- Writing to mailboxes: one function, one round trip, one transaction each.
--
-- Every function locks the mailbox row, or rows in ascending id, before it reads or writes anything
-- else of the mailbox, and takes UIDs and mod-sequences under that lock: what has a higher number is
-- never visible before what has a lower one.
--
-- Functions on the way of every write are plpgsql, which plans its statements once in a connection.

-- Locks a mailbox for writing and checks the permits.
create function lock_mailbox(
  _mailbox bigint, _accounts bigint[], _versions bigint[], _needed smallint[],
  out modseq bigint, out deleted_count bigint
)
language plpgsql as $$
#variable_conflict use_column
declare
  _version bigint;
begin
  select m.modseq, m.deleted_count, m.rights_version
    into modseq, deleted_count, _version
    from mailbox m
   where m.id = _mailbox
     for no key update;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such mailbox';
  end if;
  if _version <> any (_versions) then
    perform check_permits(_mailbox, _version, _accounts, _versions, _needed);
  end if;
end
$$;

-- The flags that may be private: all system flags but \Deleted.
create view private_flag (flag, bit) as
values (0, 1::bigint), (1, 2), (3, 8), (4, 16);

-- Turns one private flag of each message into its opposite and logs that. Callers know the bits are
-- not yet as wanted, and hold the mailbox's lock.
create function flip_private(
  _mailbox bigint, _modseq bigint, _accounts bigint[], _flags integer[], _uids bigint[]
) returns void
language plpgsql as $$
#variable_conflict use_column
begin
  insert into user_flags as present (account, mailbox, flag, chunk, bits)
  select f.account, _mailbox, f.flag, f.uid / 8192,
         bit_xor(set_bit(b'0'::bit(8192), (f.uid % 8192)::integer, 1))
    from unnest(_accounts, _flags, _uids) as f (account, flag, uid)
   group by f.account, f.flag, f.uid / 8192
  on conflict (account, mailbox, flag, chunk) do update
     set bits = present.bits # excluded.bits;

  insert into change (mailbox, modseq, kind, account, uids)
  select _mailbox, _modseq, 4, f.account, range_agg(int8range(f.uid, f.uid, '[]'))
    from unnest(_accounts, _uids) as f (account, uid)
   group by f.account;
end
$$;

-- Adds messages; their UIDs are consecutive. `_users` and `_private` are, message by message, who appends and which flags are
-- set for that account alone.
create function append_messages(
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

-- Sets flags = (flags & keep) | add for the messages in each range; the ranges do not overlap. The
-- `_user…` ranges do the same to the private flags of `_users`, and do not overlap for one user.
-- What is so already is left alone. Returns the mailbox's mod-sequence afterwards, and whether that is new.
create function edit_flags(
  _mailbox bigint, _accounts bigint[], _versions bigint[], _needed smallint[],
  _lows bigint[], _highs bigint[], _keeps bigint[], _adds bigint[],
  _users bigint[], _user_lows bigint[], _user_highs bigint[], _user_keeps bigint[], _user_adds bigint[],
  out modseq bigint, out is_changed boolean
)
language plpgsql as $$
#variable_conflict use_column
declare
  _modseq   bigint;
  _next     bigint;
  _changed  bigint[];
  _flags    bigint[];
  _unseen   bigint;
  _deleted  bigint;
  _flipped_accounts bigint[];
  _flipped_flags    integer[];
  _flipped_uids     bigint[];
begin
  select l.modseq
    into _modseq
    from lock_mailbox(_mailbox, _accounts, _versions, _needed) l;
  _next := _modseq + 1;

  if cardinality(_lows) > 0 then
    select array_agg(e.uid), array_agg((e.flags & r.keep) | r.add),
           sum((e.flags >> 3 & 1) - (((e.flags & r.keep) | r.add) >> 3 & 1)),
           sum((((e.flags & r.keep) | r.add) >> 2 & 1) - (e.flags >> 2 & 1))
      into _changed, _flags, _unseen, _deleted
      from unnest(_lows, _highs, _keeps, _adds) as r (low, high, keep, add)
      join entry e on e.mailbox = _mailbox and e.uid between r.low and r.high
     where (e.flags & r.keep) | r.add <> e.flags;
  end if;

  if cardinality(_users) > 0 then
    select array_agg(r.account), array_agg(b.flag), array_agg(e.uid)
      into _flipped_accounts, _flipped_flags, _flipped_uids
      from unnest(_users, _user_lows, _user_highs, _user_keeps, _user_adds)
        as r (account, low, high, keep, add)
      join private_flag b on (~r.keep | r.add) & b.bit <> 0
      join entry e on e.mailbox = _mailbox and e.uid between r.low and r.high
     where coalesce((select get_bit(f.bits, (e.uid % 8192)::integer)
                       from user_flags f
                      where f.account = r.account and f.mailbox = _mailbox
                        and f.flag = b.flag and f.chunk = e.uid / 8192), 0)
           <> (r.add >> b.flag & 1);
  end if;

  is_changed := _changed is not null or _flipped_uids is not null;
  modseq := _modseq;
  if not is_changed then
    return;
  end if;

  update mailbox
     set modseq = _next,
         unseen_count = unseen_count + coalesce(_unseen, 0),
         deleted_count = deleted_count + coalesce(_deleted, 0)
   where id = _mailbox;
  if _changed is not null then
    update entry e
       set flags = c.flags, modseq = _next
      from unnest(_changed, _flags) as c (uid, flags)
     where e.mailbox = _mailbox and e.uid = c.uid;
    insert into change (mailbox, modseq, kind, uids)
    select _mailbox, _next, 2, range_agg(int8range(c.uid, c.uid, '[]'))
      from unnest(_changed) as c (uid);
  end if;
  if _flipped_uids is not null then
    perform flip_private(_mailbox, _next, _flipped_accounts, _flipped_flags, _flipped_uids);
  end if;
  modseq := _next;
end
$$;

-- The same for one account and one pair of masks, but only for messages that nobody changed since
-- (RFC 7162, 3.1.3). Returns the others too.
create function edit_unchanged_flags(
  _mailbox bigint, _account bigint, _version bigint, _needed smallint, _uids int8multirange,
  _keep bigint, _add bigint, _user_keep bigint, _user_add bigint, _unchanged_since bigint,
  out modseq bigint, out is_changed boolean, out modified text
)
language plpgsql as $$
#variable_conflict use_column
declare
  _modified int8multirange;
  _lows     bigint[];
  _highs    bigint[];
  _count    integer;
begin
  perform lock_mailbox(_mailbox, array[_account], array[_version], array[_needed]);

  select coalesce(range_agg(int8range(e.uid, e.uid, '[]')), '{}')
    into _modified
    from unnest(_uids) r
    join entry e on e.mailbox = _mailbox and e.uid >= lower(r) and e.uid < upper(r)
   where e.modseq > _unchanged_since
      or exists (select from change c
                  where c.mailbox = _mailbox and c.modseq > _unchanged_since
                    and c.kind = 4 and c.account = _account and c.uids @> e.uid);

  select coalesce(array_agg(lower(r)), '{}'), coalesce(array_agg(upper(r) - 1), '{}'), count(*)
    into _lows, _highs, _count
    from unnest(_uids - _modified) r;

  select e.modseq, e.is_changed
    into modseq, is_changed
    from edit_flags(
           _mailbox, '{}', '{}', '{}',
           _lows, _highs, array_fill(_keep, array[_count]), array_fill(_add, array[_count]),
           array_fill(_account, array[_count]), _lows, _highs,
           array_fill(_user_keep, array[_count]), array_fill(_user_add, array[_count])) e;
  modified := _modified::text;
end
$$;

-- Books that messages have left: counters, tombstones and the log. Callers hold the mailbox's lock.
create function book_departure(
  _mailbox bigint, _uids bigint[], _sizes integer[], _flags bigint[]
) returns bigint
language plpgsql as $$
declare
  _modseq bigint;
begin
  update mailbox m
     set modseq = m.modseq + 1,
         message_count = m.message_count - gone.messages,
         byte_count = m.byte_count - gone.bytes,
         unseen_count = m.unseen_count - gone.unseen,
         deleted_count = m.deleted_count - gone.deleted
    from (select count(*) as messages, sum(g.size) as bytes,
                 count(*) filter (where g.flags & 8 = 0) as unseen,
                 count(*) filter (where g.flags & 4 <> 0) as deleted
            from unnest(_sizes, _flags) as g (size, flags)) as gone
   where m.id = _mailbox
  returning m.modseq into _modseq;

  insert into change (mailbox, modseq, kind, uids)
  select _mailbox, _modseq, 3, range_agg(int8range(g.uid, g.uid, '[]'))
    from unnest(_uids) as g (uid);

  insert into tombstone as present (mailbox, chunk, bits)
  select _mailbox, g.uid / 8192, bit_or(set_bit(b'0'::bit(8192), (g.uid % 8192)::integer, 1))
    from unnest(_uids) as g (uid)
   group by g.uid / 8192
  on conflict (mailbox, chunk) do update
     set bits = present.bits | excluded.bits;
  return _modseq;
end
$$;

-- Removes those of `_uids` that carry \Deleted.
create function expunge_messages(
  _mailbox bigint, _accounts bigint[], _versions bigint[], _needed smallint[], _uids int8multirange,
  out modseq bigint, out uids text
)
language plpgsql as $$
#variable_conflict use_column
declare
  _deleted bigint;
  _gone    bigint[];
  _sizes   integer[];
  _flags   bigint[];
begin
  uids := '{}';
  select l.modseq, l.deleted_count
    into modseq, _deleted
    from lock_mailbox(_mailbox, _accounts, _versions, _needed) l;
  -- Spares the walk through the whole mailbox.
  if _deleted = 0 then
    return;
  end if;

  with gone as (
    delete from entry e
     using unnest(_uids) r
     where e.mailbox = _mailbox and e.uid >= lower(r) and e.uid < upper(r) and e.flags & 4 <> 0
    returning e.uid, e.content, e.size, e.flags
  ), queued as (
    insert into garbage (content) select g.content from gone g
  )
  select array_agg(g.uid), array_agg(g.size), array_agg(g.flags)
    into _gone, _sizes, _flags
    from gone g;
  if _gone is null then
    return;
  end if;
  modseq := book_departure(_mailbox, _gone, _sizes, _flags);
  select range_agg(int8range(g.uid, g.uid, '[]'))::text into uids from unnest(_gone) as g (uid);
end
$$;

-- Numbers keywords that the mailbox has not seen; returns all it has, in order.
create function number_keywords(
  _mailbox bigint, _account bigint, _version bigint, _needed smallint, _names text[]
) returns text[]
language plpgsql as $$
begin
  perform lock_mailbox(_mailbox, array[_account], array[_version], array[_needed]);
  perform add_keywords(_mailbox, _names);
  if exists (
    select from unnest(_names) n
     where not exists (select from keyword k
                        where k.mailbox = _mailbox and lower(k.name) = lower(n))
  ) then
    raise exception using errcode = 'PR004', message = 'the mailbox has no room for another keyword';
  end if;
  return array(select k.name from keyword k where k.mailbox = _mailbox order by k.number);
end
$$;

-- Numbers keywords as far as there is room. Callers hold the mailbox's lock.
create function add_keywords(_mailbox bigint, _names text[]) returns void
language sql as $$
  insert into keyword (mailbox, number, name)
  select _mailbox, n.number, n.name
    from (select w.name,
                 (select count(*) from keyword k where k.mailbox = _mailbox)
                 + row_number() over (order by w.place) - 1 as number
            from (select distinct on (lower(name)) name, place
                    from unnest(_names) with ordinality as a (name, place)
                   order by lower(name), place) w
           where not exists (select from keyword k
                              where k.mailbox = _mailbox and lower(k.name) = lower(w.name))) n
   where n.number < 57
$$;
;

-- Copies or moves messages, contents shared, UIDs consecutive and in the order of the source. Flags
-- are taken as `_account` sees them, as far as `_allowed`; keywords keep their names.
create function copy_messages(
  _source bigint, _target bigint, _account bigint,
  _source_version bigint, _source_needed smallint, _target_version bigint, _target_needed smallint,
  _uids int8multirange, _allowed bigint, _is_move boolean,
  out uid_validity bigint, out first_uid bigint, out uids bigint[],
  out modseq bigint, out source_modseq bigint
)
language plpgsql as $$
begin
  perform m.id
     from mailbox m
    where m.id in (_source, _target)
    order by m.id
      for no key update;
  perform lock_mailbox(_source, array[_account], array[_source_version], array[_source_needed]);
  perform lock_mailbox(_target, array[_account], array[_target_version], array[_target_needed]);
  select t.uid_validity, t.first_uid, t.uids, t.modseq, t.source_modseq
    into uid_validity, first_uid, uids, modseq, source_modseq
    from transfer_messages(_source, _target, _account, _uids, _allowed, _is_move) t;
end
$$;

-- The work of copy_messages. Callers hold the locks of both mailboxes and have checked rights.
create function transfer_messages(
  _source bigint, _target bigint, _account bigint, _uids int8multirange, _allowed bigint, _is_move boolean,
  out uid_validity bigint, out first_uid bigint, out uids bigint[],
  out modseq bigint, out source_modseq bigint
)
language plpgsql as $$
#variable_conflict use_column
declare
  _source_private bigint := private_flags_of(_account, _source);
  _target_private bigint := private_flags_of(_account, _target);
  _sources   bigint[];
  _contents  bigint[];
  _dates     bigint[];
  _sizes     integer[];
  _flags     bigint[];
  _seen      bigint[];
  _next      bigint;
  _validity  bigint;
  _first     bigint;
begin
  select array_agg(e.uid order by e.uid), array_agg(e.content order by e.uid),
         array_agg(e.internal_date order by e.uid), array_agg(e.size order by e.uid),
         array_agg(e.flags order by e.uid),
         array_agg((e.flags & ~_source_private)
                   | (coalesce((select bit_or(1::bigint << f.flag)
                                  from user_flags f
                                 where f.account = _account and f.mailbox = _source
                                   and f.flag in (0, 1, 3, 4) and f.chunk = e.uid / 8192
                                   and get_bit(f.bits, (e.uid % 8192)::integer) = 1), 0)
                      & _source_private) order by e.uid)
    into _sources, _contents, _dates, _sizes, _flags, _seen
    from unnest(_uids) r
    join entry e on e.mailbox = _source and e.uid >= lower(r) and e.uid < upper(r);

  if _sources is null then
    uids := '{}';
    select m.uid_validity, m.uid_next, m.modseq
      into uid_validity, first_uid, modseq
      from mailbox m
     where m.id = _target;
    select m.modseq into source_modseq from mailbox m where m.id = _source;
    return;
  end if;

  _seen := array(select f.flags & _allowed
                   from unnest(translate_keywords(_source, _target, _seen)) with ordinality as f (flags, place)
                  order by f.place);

  update mailbox m
     set uid_next = m.uid_next + new.messages,
         modseq = m.modseq + 1,
         message_count = m.message_count + new.messages,
         byte_count = m.byte_count + new.bytes,
         unseen_count = m.unseen_count + new.unseen,
         deleted_count = m.deleted_count + new.deleted
    from (select count(*) as messages, sum(n.size) as bytes,
                 count(*) filter (where n.flags & ~_target_private & 8 = 0) as unseen,
                 count(*) filter (where n.flags & 4 <> 0) as deleted
            from unnest(_sizes, _seen) as n (size, flags)) as new
   where m.id = _target
  returning m.uid_validity, m.uid_next - new.messages, m.modseq
       into _validity, _first, _next;
  if _first + cardinality(_sources) > 4294967295 then
    raise exception using errcode = 'PR004', message = 'the mailbox has no UID left';
  end if;

  insert into entry (mailbox, uid, content, modseq, flags, internal_date, size)
  select _target, _first + n.place - 1, n.content, _next, n.flags & ~_target_private,
         n.internal_date, n.size
    from unnest(_contents, _seen, _dates, _sizes) with ordinality
      as n (content, flags, internal_date, size, place);

  insert into change (mailbox, modseq, kind, uids)
  values (_target, _next, 1, int8multirange(int8range(_first, _first + cardinality(_sources))));

  perform flip_private(_target, _next, array_agg(_account), array_agg(b.flag),
                       array_agg(_first + n.place - 1))
     from unnest(_seen) with ordinality as n (flags, place)
     join private_flag b on n.flags & _target_private & b.bit <> 0
   having count(*) > 0;

  if _is_move then
    delete from entry e
     using unnest(_sources) as s (uid)
     where e.mailbox = _source and e.uid = s.uid;
    source_modseq := book_departure(_source, _sources, _sizes, _flags);
  else
    select m.modseq into source_modseq from mailbox m where m.id = _source;
  end if;
  uid_validity := _validity;
  first_uid := _first;
  uids := _sources;
  modseq := greatest(_next, case when _source = _target then source_modseq end);
end
$$;

-- The flags of a mailbox that `_account` has for itself: none where it is the owner.
create function private_flags_of(_account bigint, _mailbox bigint) returns bigint
language plpgsql stable as $$
begin
  return (select case when n.owner = _account then 0 else n.private_flags end
            from mailbox_name n
           where n.mailbox = _mailbox);
end
$$;

-- Flags of one mailbox as another numbers them. Keywords for which the other has no room are lost.
create function translate_keywords(_source bigint, _target bigint, _flags bigint[]) returns bigint[]
language plpgsql as $$
declare
  _used bigint;
  _from bigint[];
  _to   bigint[];
begin
  select bit_or(f) into _used from unnest(_flags) f;
  if _source = _target or _used >> 6 = 0 then
    return _flags;
  end if;
  perform add_keywords(_target, array(
    select k.name
      from keyword k
     where k.mailbox = _source and _used >> (k.number + 6) & 1 = 1
     order by k.number));
  select array_agg(1::bigint << (s.number + 6)), array_agg(1::bigint << (t.number + 6))
    into _from, _to
    from keyword s
    join keyword t on t.mailbox = _target and lower(t.name) = lower(s.name)
   where s.mailbox = _source and _used >> (s.number + 6) & 1 = 1;
  return array(
    select f.flags & 63
           | coalesce((select bit_or(p.new) from unnest(_from, _to) as p (old, new)
                        where f.flags & p.old <> 0), 0)
      from unnest(_flags) with ordinality as f (flags, place)
     order by f.place);
end
$$;
