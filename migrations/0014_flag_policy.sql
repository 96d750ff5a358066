-- Which flags each user has for himself, switched while the mailbox is in use (ADR 0015).
--
-- A private flag is what everybody began with (the rows of account 0 in user_flags) turned into its
-- opposite where the account's own row says so. While a flag is shared there are no rows for it.

-- Any flag may be private but \Deleted, for expunging is for all. Keywords have no name of their own.
create or replace view private_flag as
select n as flag, 1::bigint << n as bit,
       case n when 0 then '\Answered' when 1 then '\Flagged' when 3 then '\Seen' when 4 then '\Draft' end as name
  from generate_series(0, 62) as n
 where n not in (2, 5);

alter table mailbox_name
  drop constraint mailbox_name_private_flags_check,
  add constraint mailbox_name_private_flags_check check (private_flags & 36 = 0 and private_flags >= 0),
  -- The version of the rights with which the policy came: who decided by an older one decides again.
  add column policy_version bigint not null default 0;

-- As before, and refuses what was decided by another policy.
create or replace function check_permits(
  _mailbox bigint, _rights_version bigint,
  _accounts bigint[], _versions bigint[], _needed smallint[]
) returns void
language plpgsql stable as $$
declare
  _denied text;
begin
  if _rights_version = all (_versions) then
    return;
  end if;
  select string_agg(p.place::text, ',' order by p.place)
    into _denied
    from unnest(_accounts, _versions, _needed) with ordinality as p (account, version, needed, place)
   where p.version <> _rights_version
     and coalesce(rights_of(p.account, _mailbox), 0::smallint) & p.needed <> p.needed;
  if _denied is not null then
    raise exception using errcode = 'PR002', message = 'rights were withdrawn', detail = _denied;
  end if;
  -- What was asked for may have been meant for one, and would now be for all, or the other way round.
  select string_agg(p.place::text, ',' order by p.place)
    into _denied
    from mailbox_name n, unnest(_versions) with ordinality as p (version, place)
   where n.mailbox = _mailbox
     and p.version < n.policy_version;
  if _denied is not null then
    raise exception using errcode = 'PR007', message = 'the policy changed', detail = _denied;
  end if;
end
$$;

-- As before, with what everybody began with.
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
  _touched          bigint;
  _touched_flags    integer[];
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
    select bit_or(~r.keep | r.add) into _touched from unnest(_user_keeps, _user_adds) as r (keep, add);
    _touched_flags := array(select b.flag from private_flag b where b.bit & _touched <> 0);
    select array_agg(r.account), array_agg(b.flag), array_agg(e.uid)
      into _flipped_accounts, _flipped_flags, _flipped_uids
      from unnest(_users, _user_lows, _user_highs, _user_keeps, _user_adds)
        as r (account, low, high, keep, add)
     cross join lateral (
           select e.uid
             from entry e
            where e.mailbox = _mailbox and e.uid >= r.low and e.uid <= r.high
           offset 0) e
      join unnest(_touched_flags) as b (flag) on (~r.keep | r.add) >> b.flag & 1 = 1
     where coalesce((select bit_xor(get_bit(f.bits, (e.uid % 8192)::integer))
                       from user_flags f
                      where f.account in (0, r.account) and f.mailbox = _mailbox
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

-- As before, with what everybody began with, and any private flag.
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
  _source_flags   integer[] := array(select b.flag from private_flag b where b.bit & _source_private <> 0);
  _target_flags   integer[] := array(select b.flag from private_flag b where b.bit & _target_private <> 0);
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
                   | coalesce((select bit_xor(get_bit(f.bits, (e.uid % 8192)::integer)::bigint << f.flag)
                                 from user_flags f
                                where f.account in (0, _account) and f.mailbox = _source
                                  and f.flag = any (_source_flags) and f.chunk = e.uid / 8192), 0)
                   order by e.uid)
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
     join unnest(_target_flags) as b (flag) on n.flags >> b.flag & 1 = 1
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

-- As before, with the policy by the names of its keywords, and the annotations that all share.
create or replace function create_mailbox(
  _account bigint, _ground smallint, _below bigint, _version bigint, _needed smallint,
  _owner bigint, _path text, _special_use text
) returns bigint
language plpgsql as $$
declare
  _mailbox bigint;
  _above   bigint;
  _creator text;
begin
  perform lock_tree(_owner);
  _above := nearest_above(_owner, _path, _account);
  perform hold_names(array(select e.identifier from acl_entry e where e.mailbox = _above));
  perform check_warrant(_account, _ground, _below, _version, _needed, _owner, _path);
  select a.name into _creator from account a where a.id = _account;
  insert into mailbox default values returning id into _mailbox;
  insert into mailbox_name (mailbox, owner, path, special_use, private_flags, domain)
  values (_mailbox, _owner, _path, _special_use,
          coalesce((select (translate_keywords(_above, _mailbox, array[n.private_flags]))[1]
                      from mailbox_name n
                     where n.mailbox = _above), 8),
          coalesce((select n.domain from mailbox_name n where n.mailbox = _above),
                   domain_of(_creator)));
  insert into annotation (mailbox, entry, value)
  select _mailbox, a.entry, a.value
    from annotation a
   where a.mailbox = _above
     and a.account is null;
  insert into acl_entry (mailbox, identifier, is_negative, rights)
  select _mailbox, _creator, false, 4095
  union all
  select _mailbox, e.identifier, e.is_negative, e.rights
    from acl_entry e
   where e.mailbox = _above
     and e.identifier <> _creator;
  return _mailbox;
end
$$;

-- The flags of a policy, as words.
create function private_flag_names(_mailbox bigint, _private bigint) returns text
language sql stable as $$
  select coalesce(string_agg(coalesce(b.name, k.name), ' ' order by b.flag), '')
    from private_flag b
    left join keyword k on k.mailbox = _mailbox and k.number = b.flag - 6
   where b.bit & _private <> 0
$$;

-- The policy that these words mean; keywords that are new get numbers. Callers hold the mailbox's lock.
create function private_flag_bits(_mailbox bigint, _names text[]) returns bigint
language plpgsql as $$
declare
  _keywords text[] := array(select n from unnest(_names) n where not starts_with(n, '\'));
begin
  perform add_keywords(_mailbox, _keywords);
  if exists (select from unnest(_keywords) n
              where not exists (select from keyword k
                                 where k.mailbox = _mailbox and lower(k.name) = lower(n))) then
    raise exception using errcode = 'PR004', message = 'the mailbox has no room for another keyword';
  end if;
  return (select coalesce(bit_or(b.bit), 0)
            from private_flag b
            left join keyword k on k.mailbox = _mailbox and k.number = b.flag - 6
           where lower(coalesce(b.name, k.name)) in (select lower(n) from unnest(_names) n));
end
$$;

-- Makes these flags private and no others; returns the mailbox's mod-sequence afterwards. Callers hold
-- the mailbox's lock and have asked for leave.
create function set_private_flags(_mailbox bigint, _private bigint) returns bigint
language plpgsql as $$
declare
  _before bigint;
  _modseq bigint;
begin
  select n.private_flags into _before from mailbox_name n where n.mailbox = _mailbox;
  if _before = _private then
    return (select m.modseq from mailbox m where m.id = _mailbox);
  end if;
  select t.modseq into _modseq from touch_mailboxes(array[_mailbox]) t;
  update mailbox_name n
     set private_flags = _private, policy_version = m.rights_version
    from mailbox m
   where n.mailbox = _mailbox and m.id = _mailbox;
  perform divide_flags(_mailbox, _modseq, _private & ~_before);
  perform unite_flags(_mailbox, _modseq, _before & ~_private);
  return _modseq;
end
$$;

-- Makes shared flags private. Everybody begins with what all saw, so nobody sees a difference.
create function divide_flags(_mailbox bigint, _modseq bigint, _flags bigint) returns void
language plpgsql as $$
declare
  -- All of them, also where nothing is set: nodes may still have bits of an earlier policy in memory.
  _chunks bigint[] := array(
    select distinct e.uid / 8192 from entry e where e.mailbox = _mailbox);
begin
  if _flags = 0 or _chunks = '{}' then
    return;
  end if;
  delete from user_flags f
   using private_flag b
   where f.mailbox = _mailbox and f.flag = b.flag and b.bit & _flags <> 0;
  insert into user_flags (account, mailbox, flag, chunk, bits)
  select 0, _mailbox, b.flag, c.number,
         coalesce((select bit_or(set_bit(b'0'::bit(8192), (e.uid % 8192)::integer, 1))
                     from entry e
                    where e.mailbox = _mailbox
                      and e.uid >= c.number * 8192 and e.uid < (c.number + 1) * 8192
                      and e.flags & b.bit <> 0), b'0'::bit(8192))
    from private_flag b, unnest(_chunks) as c (number)
   where b.bit & _flags <> 0;
  insert into change (mailbox, modseq, kind, account, uids)
  select _mailbox, _modseq, 4, 0,
         range_agg(int8range(greatest(c.number * 8192, 1), least((c.number + 1) * 8192, 4294967296)))
    from unnest(_chunks) as c (number);
end
$$;

-- Makes private flags shared. Set is then what anybody saw set, or what all began with; every message
-- that looks different to anybody has changed.
create function unite_flags(_mailbox bigint, _modseq bigint, _flags bigint) returns void
language plpgsql as $$
declare
  _nothing constant bit(8192) := b'0'::bit(8192);
  _uids    bigint[];
  _united  bigint[];
begin
  if _flags = 0 then
    return;
  end if;
  with begun as (
    select f.flag, f.chunk, f.bits
      from user_flags f
     where f.account = 0 and f.mailbox = _mailbox
  ), seen as (
    -- What is set for anybody, and what is set for everybody.
    select f.flag, f.chunk,
           bit_or(case f.account when 0 then f.bits else f.bits # coalesce(b.bits, _nothing) end) as any_bits,
           bit_and(case f.account when 0 then f.bits else f.bits # coalesce(b.bits, _nothing) end)
           & coalesce(bit_and(b.bits), _nothing) as all_bits
      from user_flags f
      left join begun b on b.flag = f.flag and b.chunk = f.chunk
     where f.mailbox = _mailbox
     group by f.flag, f.chunk
  ), message as (
    select e.uid, e.flags | bit_or(b.bit) as united
      from entry e
      join private_flag b on b.bit & _flags <> 0
      left join seen s on s.flag = b.flag and s.chunk = e.uid / 8192
     where e.mailbox = _mailbox
       and (e.flags & b.bit <> 0 or get_bit(s.any_bits, (e.uid % 8192)::integer) = 1)
     group by e.uid, e.flags
    having bool_or(e.flags & b.bit = 0
                   or coalesce(get_bit(s.all_bits, (e.uid % 8192)::integer), 0) = 0)
  )
  select array_agg(m.uid), array_agg(m.united) into _uids, _united from message m;

  delete from user_flags f
   using private_flag b
   where f.mailbox = _mailbox and f.flag = b.flag and b.bit & _flags <> 0;
  if _uids is null then
    return;
  end if;
  update entry e
     set flags = u.flags, modseq = _modseq
    from (select u.uid, u.flags
            from unnest(_uids, _united) as u (uid, flags)
           limit cardinality(_uids)) u
   where e.mailbox = _mailbox and e.uid = u.uid;
  update mailbox m
     set unseen_count = (select count(*) from entry e where e.mailbox = _mailbox and e.flags & 8 = 0)
   where m.id = _mailbox;
  insert into change (mailbox, modseq, kind, uids)
  select _mailbox, _modseq, 2, range_agg(int8range(u.uid, u.uid, '[]'))
    from unnest(_uids) as u (uid);
end
$$;

-- As before, with the policy.
create or replace function annotations_of(_account bigint, _mailboxes bigint[])
returns table (mailbox bigint, entry text, value bytea)
language sql stable as $$
  select coalesce(a.mailbox, 0), a.entry, a.value
    from annotation a
   where coalesce(a.mailbox, 0) = any (_mailboxes)
     and coalesce(a.account, 0) in (0, _account)
  union all
  -- RFC 6154, 4
  select n.mailbox, '/private/specialuse', convert_to(n.special_use, 'UTF8')
    from mailbox_name n
   where n.mailbox = any (_mailboxes)
     and n.special_use is not null
  union all
  select n.mailbox, '/shared/vendor/postroom/flags/private',
         convert_to(private_flag_names(n.mailbox, n.private_flags), 'UTF8')
    from mailbox_name n
   where n.mailbox = any (_mailboxes)
$$;

-- Sets annotations of a mailbox: all of them or no one. Without a value the policy is again what it is
-- at first. Returns the mailbox's mod-sequence, and whether it is new.
drop function set_annotations(bigint, bigint, bigint, smallint, text[], bytea[], integer);

create function set_annotations(
  _mailbox bigint, _account bigint, _version bigint, _needed smallint,
  _entries text[], _values bytea[], _limit integer,
  out modseq bigint, out is_changed boolean
)
language plpgsql as $$
#variable_conflict use_column
declare
  _before bigint;
begin
  select l.modseq
    into _before
    from lock_mailbox(_mailbox, array[_account], array[_version], array[_needed]) l;
  update mailbox_name n
     set special_use = convert_from(w.value, 'UTF8')
    from unnest(_entries, _values) as w (entry, value)
   where n.mailbox = _mailbox
     and w.entry = '/private/specialuse';
  select coalesce(
           max(set_private_flags(
             _mailbox,
             case when w.value is null then 8
                  else private_flag_bits(_mailbox, string_to_array(convert_from(w.value, 'UTF8'), ' '))
             end)),
           _before)
    into modseq
    from unnest(_entries, _values) as w (entry, value)
   where w.entry = '/shared/vendor/postroom/flags/private';
  perform write_annotations(
            _mailbox, _account, array_agg(w.entry), array_agg(w.value), _limit)
     from unnest(_entries, _values) as w (entry, value)
    where w.entry not in ('/private/specialuse', '/shared/vendor/postroom/flags/private');
  is_changed := modseq <> _before;
end
$$;
