-- What a write costs depends on the messages it names, not on how many the mailbox has.
--
-- Plans are made once and without statistics, and to walk through a mailbox that is believed small
-- looks cheaper than to look up some messages. Two forms leave no choice: `cross join lateral (…
-- offset 0)` goes from the ranges to the messages, and `limit cardinality(…)` says that a list is short.

-- As in 0005, by looking up.
create or replace function edit_flags(
  _mailbox bigint, _accounts bigint[], _versions bigint[], _needed smallint[],
  _lows bigint[], _highs bigint[], _keeps bigint[], _adds bigint[],
  _users bigint[], _user_lows bigint[], _user_highs bigint[], _user_keeps bigint[], _user_adds bigint[],
  out modseq bigint, out is_changed boolean
)
language plpgsql as $$
#variable_conflict use_column
declare
  _modseq   bigint;
  _version  bigint;
  _next     bigint;
  _changed  bigint[];
  _flags    bigint[];
  _unseen   bigint;
  _deleted  bigint;
  _flipped_accounts bigint[];
  _flipped_flags    integer[];
  _flipped_uids     bigint[];
begin
  select m.modseq, m.rights_version
    into _modseq, _version
    from mailbox m
   where m.id = _mailbox
     for no key update;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such mailbox';
  end if;
  if _version <> any (_versions) then
    perform check_permits(_mailbox, _version, _accounts, _versions, _needed);
  end if;
  _next := _modseq + 1;

  if cardinality(_lows) > 0 then
    select array_agg(e.uid), array_agg(e.edited),
           sum((e.flags >> 3 & 1) - (e.edited >> 3 & 1)),
           sum((e.edited >> 2 & 1) - (e.flags >> 2 & 1))
      into _changed, _flags, _unseen, _deleted
      from unnest(_lows, _highs, _keeps, _adds) as r (low, high, keep, add)
     cross join lateral (
           select e.uid, e.flags, (e.flags & r.keep) | r.add as edited
             from entry e
            where e.mailbox = _mailbox and e.uid >= r.low and e.uid <= r.high
           offset 0) e
     where e.edited <> e.flags;
  end if;

  if cardinality(_users) > 0 then
    select array_agg(r.account), array_agg(b.flag), array_agg(e.uid)
      into _flipped_accounts, _flipped_flags, _flipped_uids
      from unnest(_users, _user_lows, _user_highs, _user_keeps, _user_adds)
        as r (account, low, high, keep, add)
     cross join lateral (
           select e.uid
             from entry e
            where e.mailbox = _mailbox and e.uid >= r.low and e.uid <= r.high
           offset 0) e
      join private_flag b on (~r.keep | r.add) & b.bit <> 0
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
      from (select c.uid, c.flags
              from unnest(_changed, _flags) as c (uid, flags)
             limit cardinality(_changed)) c
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

-- As in 0005, by looking up.
create or replace function edit_unchanged_flags(
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
   cross join lateral (
         select e.uid, e.modseq
           from entry e
          where e.mailbox = _mailbox and e.uid >= lower(r) and e.uid < upper(r)
         offset 0) e
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

-- As in 0005, by looking up.
create or replace function expunge_messages(
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

  select array_agg(e.uid)
    into _gone
    from unnest(_uids) r
   cross join lateral (
         select e.uid
           from entry e
          where e.mailbox = _mailbox and e.uid >= lower(r) and e.uid < upper(r) and e.flags & 4 <> 0
         offset 0) e;
  if _gone is null then
    return;
  end if;

  with gone as (
    delete from entry e
     using (select g.uid from unnest(_gone) as g (uid) limit cardinality(_gone)) g
     where e.mailbox = _mailbox and e.uid = g.uid
    returning e.uid, e.content, e.size, e.flags
  ), queued as (
    insert into garbage (content) select g.content from gone g
  )
  select array_agg(g.uid), array_agg(g.size), array_agg(g.flags)
    into _gone, _sizes, _flags
    from gone g;
  modseq := book_departure(_mailbox, _gone, _sizes, _flags);
  select range_agg(int8range(g.uid, g.uid, '[]'))::text into uids from unnest(_gone) as g (uid);
end
$$;

-- As in 0005, by looking up.
create or replace function transfer_messages(
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
   cross join lateral (
         select e.uid, e.content, e.internal_date, e.size, e.flags
           from entry e
          where e.mailbox = _source and e.uid >= lower(r) and e.uid < upper(r)
         offset 0) e;

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
     using (select s.uid from unnest(_sources) as s (uid) limit cardinality(_sources)) s
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
