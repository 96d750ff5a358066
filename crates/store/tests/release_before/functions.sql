--- add_activity_partitions
-- Makes the partitions of the next three months, where they are missing. Never that of this month: whoever writes to the
-- partition of other months while this one is attached is refused. A month of which there are rows among those of other
-- months stays there. Waits for nobody's work: where somebody holds the table, the next call makes them.
create or replace function add_activity_partitions() returns void
language plpgsql set lock_timeout = '1s' as $$
declare
  _begin     timestamptz;
  _end       timestamptz;
  _partition text;
begin
  for _begin in
    select date_trunc('month', now(), 'UTC') + make_interval(months => n) from generate_series(1, 3) n
  loop
    _end := date_trunc('month', _begin + interval '40 days', 'UTC');
    _partition := 'activity_' || to_char(_begin at time zone 'UTC', 'YYYY_MM');
    continue when to_regclass(_partition) is not null
               or exists (select from activity_of_other_months a where a.at >= _begin and a.at < _end);
    begin
      -- Attached, because making it in place would lock out whoever writes to any partition.
      execute format('create table %I (like activity including defaults)', _partition);
      execute format('alter table activity attach partition %I for values from (%L) to (%L)',
                     _partition, _begin, _end);
    exception when lock_not_available or duplicate_table then
      return;
    end;
  end loop;
end
$$;
--- add_failure
-- Counts one more failure; returns how many there are now.
create or replace function add_failure(_user bytea, _network text, _forget_after interval) returns integer
language sql as $$
  insert into wrong_password as w (user_hash, network, failures, failed_at)
  values (_user, _network, 1, now())
      on conflict (network, user_hash) do update
     set failures = case
                      when w.failed_at < now() - _forget_after then 1
                      else least(w.failures, 1000000) + 1
                    end,
         failed_at = now()
  returning w.failures
$$;
--- add_keywords
-- Gives numbers to new keywords as far as there is room: first those that were never given, then those of keywords that
-- nobody uses (`reuse_numbers`). The caller holds the mailbox's lock.
create or replace function add_keywords(_mailbox bigint, _names text[]) returns void
language plpgsql as $$
declare
  _new text[] := array(
    select w.name
      from (select distinct on (lower(name)) name, place
              from unnest(_names) with ordinality as a (name, place)
             order by lower(name), place) w
     where not exists (select from keyword k
                        where k.mailbox = _mailbox and lower(k.name) = lower(w.name))
     order by w.place);
  _given integer;
begin
  if _new = '{}' then
    return;
  end if;
  select count(*) into _given from keyword k where k.mailbox = _mailbox;
  insert into keyword (mailbox, number, name)
  select _mailbox, _given + n.place - 1, n.name
    from unnest(_new) with ordinality as n (name, place)
   where _given + n.place - 1 < 57 /* limits::KEYWORDS_PER_MAILBOX_MAX */;
  _new := _new[57 /* limits::KEYWORDS_PER_MAILBOX_MAX */ - _given + 1:];
  if _new <> '{}' then
    perform reuse_numbers(_mailbox, _new);
  end if;
end
$$;
--- annotations_of
-- All annotations that `_account` has or shares on these mailboxes (0: the server), those that are kept as
-- columns included (RFC 6154, 4; ADR 0015).
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
--- append_messages
-- Adds the messages of several writers, all of them or none. UIDs are consecutive, in the order of `_messages`;
-- `_parts` are the places, from 0, of each writer's messages. What a message consists of stands in lists of its own,
-- because large values are copied once less so. Returns UIDVALIDITY, the first UID and the mailbox's new
-- mod-sequence. Refuses, in this order, with PR001 (no such mailbox), PR002 (a login or a right was withdrawn), PR007
-- (other flags are private now than when the permit was given), PR041 (no UID left) and PR009 (over quota). The details
-- of PR002 and PR007 are the places of those writers, from 1; those of PR009 are by how many bytes and messages. That the
-- permits are for `_mailbox`, and what `_growth` says, is the caller's to know. The types are in
-- migrations/0009_functions.sql.
create or replace function append_messages(
  _mailbox bigint, _actors actor[], _permits permit[], _parts int8range[],
  _messages new_message[], _envelopes bytea[], _structures bytea[], _headers bytea[], _bodies bytea[],
  _folded bytea[], _marks private_mark[], _growth growth,
  out uid_validity bigint, out first_uid bigint, out modseq bigint
)
language plpgsql as $$
#variable_conflict use_column
declare
  _contents       bigint[];
  _rights_version bigint;
  _owner          bigint;
  _path           text;
  _quota_root     bigint;
begin
  -- Until the commit nobody can end these logins. Comes before every other lock.
  perform lock_logins(_actors);

  -- The slow part comes before the lock. In the select list, unnest does not copy large values to disk.
  with added as (
    insert into content (size, sent, envelope, structure, header, body, folded)
    select (m.message).size, (m.message).sent, m.envelope, m.structure, m.header, m.body, m.folded
      from (select unnest(_messages) as message, unnest(_envelopes) as envelope,
                   unnest(_structures) as structure, unnest(_headers) as header,
                   unnest(_bodies) as body, unnest(_folded) as folded) m
    returning id
  )
  -- One insert takes its ids in the order of its rows.
  select array_agg(id order by id) into _contents from added;

  -- Taking the UIDs and the mod-sequence locks the mailbox.
  update mailbox
     set uid_next = uid_next + _growth.messages,
         modseq = modseq + 1,
         message_count = message_count + _growth.messages,
         byte_count = byte_count + _growth.bytes,
         unseen_count = unseen_count + _growth.unseen,
         deleted_count = deleted_count + _growth.deleted
   where id = _mailbox
  returning uid_validity, uid_next - _growth.messages, modseq, rights_version
       into uid_validity, first_uid, modseq, _rights_version;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such mailbox';
  end if;
  -- Each writer must still be logged in and have the rights of its permit, as of this moment; PR002 or PR007 else.
  perform check_writers(_mailbox, _rights_version, _actors, _permits);
  perform check_uids(first_uid, _growth.messages);

  insert into entry (mailbox, uid, content, modseq, flags, internal_date, size)
  select _mailbox, first_uid + m.place - 1, m.content, modseq, m.flags, m.internal_date, m.size
    from unnest(_contents, _messages) with ordinality
      as m (content, size, sent, internal_date, flags, place);

  insert into change (mailbox, modseq, kind, uids)
  values (_mailbox, modseq, 1 /* change: arrived */,
          int8multirange(int8range(first_uid, first_uid + _growth.messages)));
  if cardinality(_marks) > 0 then
    -- Flags that are private here stand not in `entry` but in `user_flags`, a bit a message; a change of its own a user.
    perform flip_private(_mailbox, modseq, array_agg(m.account), array_agg(b.flag),
                         array_agg(first_uid + m.place))
       from unnest(_marks) as m
       join private_flag b on m.flags & b.bit <> 0;
  end if;

  select n.owner, n.path, n.quota_root
    into _owner, _path, _quota_root
    from mailbox_name n
   where n.mailbox = _mailbox;
  insert into activity (kind, session, account, mailbox, owner, path, uids)
  select 1 /* activity: append */, w.session, w.account, _mailbox, _owner, _path,
         int8multirange(int8range(first_uid + lower(w.part), first_uid + upper(w.part)))
    from unnest(_actors, _parts) as w (account, session, logins, part);

  if _quota_root is not null then
    -- Last, as it locks the quota root: whatever is over a limit now takes all of the above back.
    perform check_quota(_mailbox, true, true);
  end if;
end
$$;
--- begin_lists_anew
-- Begins the lists of mailboxes anew that are about to go to the tree of another owner, to `_path` (ADR 0041): the new
-- owner may do what it may do by now, and others what the mailbox above lets them. The special use was the old owner's
-- word and ends. The caller holds the locks, and the names in the list of the mailbox above.
create or replace function begin_lists_anew(_mailboxes bigint[], _owner bigint, _path text, _account bigint)
returns void
language plpgsql as $$
declare
  _above bigint := nearest_above(_owner, _path, _account);
  _name  text;
  _kept  smallint[] := array(select rights_of(_owner, m.mailbox)
                               from unnest(_mailboxes) with ordinality as m (mailbox, place)
                              order by m.place);
begin
  select a.name into _name from account a where a.id = _owner;
  perform part_lists(_mailboxes);
  delete from acl_entry where mailbox = any (_mailboxes);
  insert into acl_entry (mailbox, identifier, is_negative, rights)
  select k.mailbox, _name, false, k.rights
    from unnest(_mailboxes, _kept) as k (mailbox, rights)
   where k.rights <> 0
  union all
  select m.mailbox, e.identifier, e.is_negative, e.rights
    from unnest(_mailboxes) as m (mailbox)
    join mailbox_name n on n.mailbox = _above
    join acl_entry e on e.mailbox = n.list_of and e.identifier <> _name;
  update mailbox_name set special_use = null, list_of = mailbox where mailbox = any (_mailboxes);
end
$$;
--- below_by_list
-- The mailboxes at a place and below it that have this list.
create or replace function below_by_list(_owner bigint, _path text, _list bigint) returns bigint[]
language sql stable as $$
  select array(
    select n.mailbox
      from mailbox_name n
     where n.list_of = _list
       and n.owner = _owner
       and (n.path = _path or n.path >= _path || '/' and n.path < _path || '0'))
$$;
--- book_departure
-- Books that messages have left a mailbox: counters, log and tombstones. Returns the mailbox's new
-- mod-sequence. The caller holds the mailbox's lock.
create or replace function book_departure(
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
                 count(*) filter (where g.flags & 8 /* flag: seen */ = 0) as unseen,
                 count(*) filter (where g.flags & 4 /* flag: deleted */ <> 0) as deleted
            from unnest(_sizes, _flags) as g (size, flags)) as gone
   where m.id = _mailbox
  returning m.modseq into _modseq;

  insert into change (mailbox, modseq, kind, uids)
  select _mailbox, _modseq, 3 /* change: expunged */, range_agg(int8range(g.uid, g.uid, '[]'))
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
--- branches_of
-- The mailboxes at these places, and all below them.
create or replace function branches_of(_owner bigint, _paths text[]) returns bigint[]
language plpgsql stable as $$
begin
  return array(
    select distinct n.mailbox
      from unnest(_paths) as top (path)
     cross join lateral (
             select n.mailbox
               from mailbox_name n
              where n.owner = _owner
                and (n.path = top.path or n.path >= top.path || '/' and n.path < top.path || '0')
             offset 0
           ) n);
end
$$;
--- cap_changes
-- Forgets the older half of what a mailbox logged where it logged more than `_max` writes, and who changed flags
-- there, but for the last `_max` times.
create or replace function cap_changes(_mailbox bigint, _max bigint) returns void
language plpgsql as $$
declare
  _floor bigint;
begin
  select m.modseq - _max / 2
    into _floor
    from mailbox m
   where m.id = _mailbox and m.modseq - m.log_floor > _max
     for no key update;
  if not found then
    return;
  end if;
  delete from change c where c.mailbox = _mailbox and c.modseq <= _floor;
  update mailbox m set log_floor = greatest(m.log_floor, _floor) where m.id = _mailbox;
  delete from activity a
   where a.mailbox = _mailbox
     and a.kind = 2 /* activity: flags */
     and a.at < (select k.at
                   from activity k
                  where k.mailbox = _mailbox and k.kind = 2 /* activity: flags */
                  order by k.at desc
                 offset _max
                  limit 1);
end
$$;
--- change_flags
-- Edits the flags of messages, and logs that. A private flag is the bit of account 0, with which everybody began, turned
-- by the account's own bit. What is so already is left alone. Returns the mailbox's mod-sequence afterwards, whether
-- that is new, and the messages that changed for all; null where none did. The caller holds the mailbox's lock.
create or replace function change_flags(
  _mailbox bigint, _edits flag_edit[], _private_edits private_flag_edit[],
  out modseq bigint, out is_changed boolean, out edited int8multirange
)
language plpgsql as $$
#variable_conflict use_column
declare
  _uids             bigint[];
  _flags            bigint[];
  _unseen           bigint;
  _deleted          bigint;
  _touched          bigint;
  _touched_flags    integer[];
  _flipped_accounts bigint[];
  _flipped_flags    integer[];
  _flipped_uids     bigint[];
begin
  if cardinality(_edits) > 0 then
    select array_agg(e.uid), array_agg(e.edited),
           sum((e.flags >> 3 & 1) - (e.edited >> 3 & 1)),
           sum((e.edited >> 2 & 1) - (e.flags >> 2 & 1))
      into _uids, _flags, _unseen, _deleted
      from unnest(_edits) as r
     cross join lateral (
           select e.uid, e.flags, (e.flags & r.keep) | r.add as edited
             from entry e
            where e.mailbox = _mailbox and e.uid >= r.low and e.uid <= r.high
           offset 0) e
     where e.edited <> e.flags;
  end if;

  if cardinality(_private_edits) > 0 then
    select bit_or(~r.keep | r.add) into _touched from unnest(_private_edits) as r;
    _touched_flags := array(select b.flag from private_flag b where b.bit & _touched <> 0);
    select array_agg(r.account), array_agg(b.flag), array_agg(e.uid)
      into _flipped_accounts, _flipped_flags, _flipped_uids
      from unnest(_private_edits) as r
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

  is_changed := _uids is not null or _flipped_uids is not null;
  update mailbox
     set modseq = modseq + 1,
         unseen_count = unseen_count + coalesce(_unseen, 0),
         deleted_count = deleted_count + coalesce(_deleted, 0)
   where id = _mailbox
     and is_changed
  returning modseq into modseq;
  if not found then
    select m.modseq into modseq from mailbox m where m.id = _mailbox;
    return;
  end if;

  if _uids is not null then
    update entry e
       set flags = c.flags, modseq = change_flags.modseq
      from (select c.uid, c.flags
              from unnest(_uids, _flags) as c (uid, flags)
             limit cardinality(_uids)) c
     where e.mailbox = _mailbox and e.uid = c.uid;
    insert into change (mailbox, modseq, kind, uids)
    select _mailbox, change_flags.modseq, 2 /* change: flags */, range_agg(int8range(c.uid, c.uid, '[]'))
      from unnest(_uids) as c (uid)
    returning uids into edited;
  end if;
  if _flipped_uids is not null then
    perform flip_private(_mailbox, change_flags.modseq, _flipped_accounts, _flipped_flags, _flipped_uids);
  end if;
end
$$;
--- change_list
-- Changes one entry of a mailbox's list, which is its own from then on. Modes: 0 these rights and no others, 1 these too,
-- 2 no longer these. An entry without rights goes. The length of the list is checked only where an entry came to it. All
-- mailboxes below that have the list change with it; returns what to wake. `_detail` is for the record of activity.
create or replace function change_list(
  _actor actor, _permit permit, _identifier text, _is_negative boolean, _mode smallint, _rights smallint,
  _detail text
) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _concerned bigint[];
  _is_new    boolean;
begin
  perform lock_logins(array[_actor]);
  -- Names and lists do not move until the commit.
  perform lock_tree((select n.owner from mailbox_name n where n.mailbox = _permit.mailbox));
  perform hold_names(_identifier || names_in_lists(array[_permit.mailbox]));
  select below_by_list(n.owner, n.path, n.list_of) into _concerned
    from mailbox_name n
   where n.mailbox = _permit.mailbox;
  -- All rows that anything below locks, in one ascending pass.
  perform lock_mailboxes(_concerned);
  perform lock_mailbox(_permit.mailbox, array[_actor], array[_permit]);

  perform own_list(_permit.mailbox);
  insert into acl_entry as old (mailbox, identifier, is_negative, rights)
  values (_permit.mailbox, _identifier, _is_negative, case _mode when 2 then 0 else _rights end)
  on conflict (mailbox, identifier, is_negative) do update
     set rights = case _mode
                    when 0 then _rights
                    when 1 then old.rights | _rights
                    else old.rights & ~_rights
                  end
  returning xmax = 0 into _is_new;
  delete from acl_entry e
   where e.mailbox = _permit.mailbox
     and e.identifier = _identifier
     and e.is_negative = _is_negative
     and e.rights = 0;
  if _is_new
     and (select count(*) from acl_entry e where e.mailbox = _permit.mailbox) > 10000 /* limits::ACL_ENTRIES_MAX */ then
    raise exception using errcode = 'PR043', message = 'the access control list is full';
  end if;
  return query select t.mailbox, t.modseq from touch_mailboxes(_concerned) t;

  insert into activity (kind, session, account, mailbox, owner, path, detail)
  select 9 /* activity: rights */, _actor.session, _actor.account, n.mailbox, n.owner, n.path, _detail
    from mailbox_name n
   where n.mailbox = _permit.mailbox;
end
$$;
--- change_membership
-- Adds an account to a group, or takes it out. Returns what to wake: nothing where it was so already.
create or replace function change_membership(_name text, _account bigint, _is_member boolean)
returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _group  bigint;
  _groups bigint[];
begin
  perform lock_groups();
  select g.id into _group from user_group g where g.name = _name;
  if not found or not exists (select from account a where a.id = _account) then
    raise exception using errcode = 'PR001', message = 'no such group or account';
  end if;
  _groups := groups_above(_group);
  perform hold_groups(_groups);
  if _is_member then
    insert into user_group_member (account, user_group) values (_account, _group)
    on conflict (account, user_group) do nothing;
  else
    delete from user_group_member m where m.account = _account and m.user_group = _group;
  end if;
  if found then
    perform refresh_effective_members(array[_account]);
    return query select t.mailbox, t.modseq from touch_groups(_groups) t;
  end if;
  insert into activity (kind, detail)
  select 15 /* activity: group */, _name || case when _is_member then ' +' else ' -' end || a.name
    from account a
   where a.id = _account;
end
$$;
--- change_nesting
-- Puts all of one group into another, or takes them out. Returns what to wake: nothing where it was so
-- already.
create or replace function change_nesting(_outer text, _inner text, _is_member boolean)
returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _outer_group bigint;
  _inner_group bigint;
  _groups      bigint[];
begin
  perform lock_groups();
  select g.id into _outer_group from user_group g where g.name = _outer;
  select g.id into _inner_group from user_group g where g.name = _inner;
  if _outer_group is null or _inner_group is null then
    raise exception using errcode = 'PR001', message = 'no such group';
  end if;
  _groups := groups_above(_outer_group);
  if _is_member and _inner_group = any (_groups) then
    raise exception using errcode = 'PR046', message = 'a group cannot be in itself';
  end if;
  perform hold_groups(_groups);
  if _is_member then
    insert into user_group_nesting (inner_group, outer_group) values (_inner_group, _outer_group)
    on conflict (inner_group, outer_group) do nothing;
  else
    delete from user_group_nesting n
     where n.inner_group = _inner_group and n.outer_group = _outer_group;
  end if;
  if found then
    perform refresh_effective_members(array(
              select e.account from effective_member e where e.user_group = _inner_group));
    return query select t.mailbox, t.modseq from touch_groups(_groups) t;
  end if;
  insert into activity (kind, detail)
  values (15 /* activity: group */, _outer || case when _is_member then ' +' else ' -' end || 'group:' || _inner);
end
$$;
--- changing_hands
-- Of these mailboxes, `_tops` and what is below them, those that go to a tree of `_owner`. Who owns a tree
-- may do what he likes with what is in it, so what changes hands is only what the account may administer
-- (ADR 0036). What it may not know of stays, and nothing tells of it. The caller holds the locks.
create or replace function changing_hands(
  _mailboxes bigint[], _tops bigint[], _account bigint, _old_owner bigint, _owner bigint
) returns bigint[]
language plpgsql stable as $$
declare
  _going   bigint[];
  _allowed boolean;
begin
  if _owner in (0, _old_owner) then
    return _mailboxes;
  end if;
  select array_agg(m.mailbox), bool_and(m.rights & 1024 /* rights: a */ <> 0)
    into _going, _allowed
    from (select m.mailbox, rights_of(_account, m.mailbox) as rights
            from unnest(_mailboxes) as m (mailbox)
          offset 0) m
   where m.mailbox = any (_tops) or m.rights & 1 /* rights: l */ <> 0;
  if _allowed is not true then
    raise exception using errcode = 'PR002', message = 'what changes hands takes the right to administer',
      detail = '1';
  end if;
  return _going;
end
$$;
--- check_create_permit
-- Refuses unless a permit to give a name covers that place. Locks the mailbox that it is below.
create or replace function check_create_permit(
  _actor actor, _permit create_permit, _owner bigint, _path text
) returns void
language plpgsql as $$
declare
  _below      permit := _permit.below;
  _is_covered boolean;
begin
  if _permit.scope = 0 then
    _is_covered := _owner = _actor.account;
  elsif _permit.scope = 1 then
    perform lock_mailbox(_below.mailbox, array[_actor], array[_below]);
    _is_covered := _below.mailbox = nearest_above(_owner, _path, _actor.account);
  else
    _is_covered := _owner = 0 and (select a.is_admin from account a where a.id = _actor.account);
  end if;
  if _is_covered is not true then
    raise exception using errcode = 'PR002', message = 'the permit is for another place', detail = '1';
  end if;
end
$$;
--- check_keywords
-- Refuses unless all of these keywords have numbers: the mailbox had no room for the others.
create or replace function check_keywords(_mailbox bigint, _names text[]) returns void
language plpgsql stable as $$
begin
  if exists (select from unnest(_names) n
              where not exists (select from keyword k
                                 where k.mailbox = _mailbox and lower(k.name) = lower(n))) then
    raise exception using errcode = 'PR042', message = 'the mailbox has no room for another keyword';
  end if;
end
$$;
--- check_logins
-- Refuses unless each login of each writer holds. The caller has called lock_logins. For what takes no permit.
create or replace function check_logins(_actors actor[]) returns void
language plpgsql stable as $$
declare
  _denied text;
begin
  select string_agg(w.place::text, ',')
    into _denied
    from unnest(_actors) with ordinality as w (account, session, logins, place)
   where exists (select from unnest(w.logins) as login
                  where (select a.password_version
                           from account a
                          where a.id = login.account
                            and not a.is_disabled) is distinct from login.password_version);
  if _denied is not null then
    raise exception using errcode = 'PR002', message = 'no longer logged in', detail = _denied;
  end if;
end
$$;
--- check_quota
-- Refuses when a mailbox's root is over a limit now, after something was put in. What does not grow may
-- stay as it is, also above the limit. Locks the root's row, the last lock of all, where there is a limit.
create or replace function check_quota(_mailbox bigint, _bytes_grow boolean, _messages_grow boolean) returns void
language plpgsql as $$
declare
  _root          bigint;
  _storage_limit bigint;
  _message_limit bigint;
  _bytes         numeric;
  _messages      numeric;
begin
  select q.id
    into _root
    from mailbox_name n
    join quota_root q on q.id = n.quota_root
   where n.mailbox = _mailbox
     and (q.storage_limit is not null and _bytes_grow or q.message_limit is not null and _messages_grow);
  if _root is null then
    return;
  end if;
  select q.storage_limit, q.message_limit
    into _storage_limit, _message_limit
    from quota_root q
   where q.id = _root
     for no key update;
  select u.bytes, u.messages into _bytes, _messages from quota_usage(_root) u;
  if _bytes_grow and _bytes > _storage_limit::numeric * 1024
     or _messages_grow and _messages > _message_limit then
    raise exception using errcode = 'PR009', message = 'over quota',
      detail = coalesce(_bytes - _storage_limit::numeric * 1024, 0) || ' '
               || coalesce(_messages - _message_limit, 0);
  end if;
end
$$;
--- check_uids
-- Refuses when a mailbox has no more UIDs than were taken from `_first` on.
create or replace function check_uids(_first bigint, _count bigint) returns void
language plpgsql immutable as $$
begin
  if _first + _count > 4294967295 /* Uid::MAX */ then
    raise exception using errcode = 'PR041', message = 'the mailbox has no UID left';
  end if;
end
$$;
--- check_writers
-- Refuses unless each writer may still write: its logins hold, its rights suffice, and the flag policy is the one by
-- which it got its permit. The detail of the error names the places of those who may not, from 1. The caller has
-- called lock_logins, and holds the mailbox's lock. Rights are looked up only where they changed since a permit was
-- given.
create or replace function check_writers(
  _mailbox bigint, _rights_version bigint, _actors actor[], _permits permit[]
) returns void
language plpgsql stable as $$
declare
  _denied text;
  _is_old boolean;
begin
  select string_agg(w.place::text, ',') filter (
           where exists (select from unnest(w.logins) as login
                          where (select a.password_version
                                   from account a
                                  where a.id = login.account
                                    and not a.is_disabled) is distinct from login.password_version)
              or w.rights_version <> _rights_version
                 and coalesce(rights_of(w.account, _mailbox), 0::smallint) & w.needed <> w.needed),
         bool_or(w.rights_version <> _rights_version)
    into _denied, _is_old
    from unnest(_actors, _permits) with ordinality
      as w (account, session, logins, mailbox, rights_version, needed, place);
  if _denied is not null then
    raise exception using errcode = 'PR002', message = 'login or rights were withdrawn', detail = _denied;
  end if;
  if not _is_old then
    return;
  end if;
  -- What was asked for may have been meant for one, and would now be for all, or the other way round.
  select string_agg(w.place::text, ',')
    into _denied
    from mailbox_name n, unnest(_permits) with ordinality as w (mailbox, rights_version, needed, place)
   where n.mailbox = _mailbox
     and w.rights_version < n.policy_version;
  if _denied is not null then
    raise exception using errcode = 'PR007', message = 'the policy changed', detail = _denied;
  end if;
end
$$;
--- claim_recent
-- Notes that a session of the account was told of all messages below `_uid_next`. Returns the UID from which on they are
-- recent to that session: no other session is given any of them (ADR 0045). Writes only where there is something new.
-- It concerns nobody else, so that the mailbox is not locked and no right is asked for.
create or replace function claim_recent(_actor actor, _mailbox bigint, _uid_next bigint) returns bigint
language plpgsql as $$
declare
  _claimed bigint := (select r.uid_next
                        from recent_claim r
                       where r.account = _actor.account and r.mailbox = _mailbox);
begin
  if _claimed >= _uid_next then
    return _claimed;
  end if;
  -- After a crash messages may be recent once more, which no session waits for the disk to prevent.
  set local synchronous_commit = off;
  perform lock_logins(array[_actor]);
  perform check_logins(array[_actor]);
  if _claimed is null then
    perform from mailbox m where m.id = _mailbox for key share;
    if not found then
      raise exception using errcode = 'PR001', message = 'no such mailbox';
    end if;
    insert into recent_claim (account, mailbox, uid_next)
    values (_actor.account, _mailbox, _uid_next)
    on conflict (account, mailbox) do nothing;
    if found then
      return 1;
    end if;
  end if;

  -- Read once more: another session may have come before.
  select r.uid_next
    into _claimed
    from recent_claim r
   where r.account = _actor.account and r.mailbox = _mailbox
     for no key update;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such mailbox';
  end if;
  if _claimed < _uid_next then
    update recent_claim r
       set uid_next = _uid_next
     where r.account = _actor.account and r.mailbox = _mailbox;
  end if;
  return _claimed;
end
$$;
--- collect_excess
-- Deletes what was removed, oldest first, where it takes more room than the root's limit, but nothing that was removed
-- within `_grace`: sessions may not have been told yet. Returns how many rows of garbage were looked at.
create or replace function collect_excess(_grace interval, _limit integer) returns bigint
language plpgsql as $$
declare
  _root   record;
  _due    tid[];
  _looked bigint := 0;
begin
  for _root in
    select q.id, coalesce(sum(m.removed_bytes), 0) + q.removed_bytes - q.storage_limit::numeric * 1024 as excess
      from quota_root q
      left join mailbox_name n on n.quota_root = q.id
      left join mailbox m on m.id = n.mailbox
     where q.storage_limit is not null
     group by q.id
    having coalesce(sum(m.removed_bytes), 0) + q.removed_bytes > q.storage_limit::numeric * 1024
  loop
    select array_agg(due.row)
      into _due
      from (select g.ctid as row
              from garbage g
             where g.ctid = any (array(
                     select o.row
                       from (select g.ctid as row, sum(g.size + 1024) over (order by g.at, g.ctid) - g.size - 1024 as older
                               from garbage g
                              where g.quota_root = _root.id and g.at < now() - _grace) o
                      where o.older < _root.excess
                      limit _limit))
               for update skip locked) due;
    _looked := _looked + collect_rows(_due);
  end loop;
  return _looked;
end
$$;
--- collect_garbage
-- Deletes content that nothing has referred to for `_older_than`; returns how many rows of garbage were
-- looked at.
create or replace function collect_garbage(_older_than interval, _limit integer) returns bigint
language plpgsql as $$
declare
  _due tid[];
begin
  select array_agg(due.row)
    into _due
    from (select g.ctid as row
            from garbage g
           where g.at < now() - _older_than
           order by g.at
           limit _limit
             for update skip locked) due;
  return collect_rows(_due);
end
$$;
--- collect_rows
-- Deletes rows of garbage, which the caller has locked, the content that nothing refers to any more, and what they
-- counted. Returns how many there were.
create or replace function collect_rows(_rows tid[]) returns bigint
language plpgsql as $$
declare
  _contents  bigint[];
  _mailboxes bigint[];
  _roots     bigint[];
  _bytes     bigint[];
begin
  with taken as (
    delete from garbage g where g.ctid = any (_rows) returning g.content, g.mailbox, g.quota_root, g.size
  ), counted as (
    select t.mailbox, t.quota_root, sum(t.size + 1024) as bytes
      from taken t
     group by t.mailbox, t.quota_root
  )
  select (select array_agg(t.content) from taken t),
         array_agg(c.mailbox order by c.mailbox), array_agg(c.quota_root order by c.mailbox),
         array_agg(c.bytes order by c.mailbox)
    into _contents, _mailboxes, _roots, _bytes
    from counted c;
  -- A copy is made under the lock of a mailbox that still has the message, so what has no entry
  -- now, and lost its last long ago, never gets one again.
  delete from content c
   where c.id = any (_contents)
     and not exists (select from entry e where e.content = c.id)
     and not exists (select from garbage g where g.content = c.id);

  -- The locks come last, because the content takes its time.
  perform m.id from mailbox m where m.id = any (_mailboxes) order by m.id for no key update;
  update mailbox m
     set removed_bytes = m.removed_bytes - c.bytes
    from (select c.mailbox, sum(c.bytes) as bytes
            from unnest(_mailboxes, _bytes) as c (mailbox, bytes)
           group by c.mailbox) c
   where m.id = c.mailbox;
  perform q.id from quota_root q where q.id = any (_roots) order by q.id for no key update;
  -- Mailboxes that are gone have left theirs to the root.
  update quota_root q
     set removed_bytes = q.removed_bytes - c.bytes
    from (select c.root, sum(c.bytes) as bytes
            from unnest(_mailboxes, _roots, _bytes) as c (mailbox, root, bytes)
           where not exists (select from mailbox m where m.id = c.mailbox)
           group by c.root) c
   where q.id = c.root;
  return coalesce(cardinality(_contents), 0);
end
$$;
--- copy_messages
-- Copies or moves messages: contents are shared, UIDs are consecutive and in the order of the source. Flags are taken as
-- the account sees them, as far as `_allowed`; keywords keep their names. Those that are not there are passed over.
create or replace function copy_messages(
  _actor actor, _source permit, _target permit, _uids int8multirange, _allowed bigint, _is_move boolean,
  out uid_validity bigint, out first_uid bigint, out uids bigint[],
  out modseq bigint, out source_modseq bigint
)
language plpgsql as $$
#variable_conflict use_column
declare
  _copies   int8multirange;
  _is_taken boolean;
begin
  perform lock_logins(array[_actor]);
  perform lock_mailboxes(array[_source.mailbox, _target.mailbox]);
  perform lock_mailbox(_source.mailbox, array[_actor], array[_source]);
  perform lock_mailbox(_target.mailbox, array[_actor], array[_target]);
  select t.uid_validity, t.first_uid, t.uids, t.modseq, t.source_modseq
    into uid_validity, first_uid, uids, modseq, source_modseq
    from transfer_messages(_source.mailbox, _target.mailbox, _actor.account, _uids, _allowed, _is_move) t;
  if uids = '{}' then
    return;
  end if;

  _copies := int8multirange(int8range(first_uid, first_uid + cardinality(uids)));
  insert into activity (kind, session, account, mailbox, owner, path, other_owner, other_path, uids)
  select case when _is_move then 5 /* activity: move */ else 4 /* activity: copy */ end,
         _actor.session, _actor.account, t.mailbox, t.owner, t.path, s.owner, s.path, _copies
    from mailbox_name s, mailbox_name t
   where s.mailbox = _source.mailbox and t.mailbox = _target.mailbox;
  if _is_move then
    insert into activity (kind, session, account, mailbox, owner, path, other_owner, other_path, uids)
    select 5 /* activity: move */, _actor.session, _actor.account, s.mailbox, s.owner, s.path, t.owner, t.path,
           (select range_agg(int8range(u, u, '[]')) from unnest(copy_messages.uids) u)
      from mailbox_name s, mailbox_name t
     where s.mailbox = _source.mailbox and t.mailbox = _target.mailbox;
  end if;

  _is_taken := not (_is_move and share_quota(_source.mailbox, _target.mailbox));
  perform check_quota(_target.mailbox, _is_taken, _is_taken);
end
$$;
--- count_wrong_password
-- Counts a wrong password for the network, for the user, and for both together; returns how many there are now, without
-- those that are older than `_forget_after` without a new one. Rows are locked in this order everywhere.
create or replace function count_wrong_password(
  _name text, _network text, _forget_after interval,
  out by_network integer, out by_user integer, out by_both integer
)
language plpgsql as $$
declare
  _user bytea := user_hash(_name);
begin
  by_network := add_failure('', _network, _forget_after);
  by_user := add_failure(_user, '', _forget_after);
  by_both := add_failure(_user, _network, _forget_after);
end
$$;
--- create_account
-- Makes an account with its INBOX, and returns it.
create or replace function create_account(_name text, _password_hash text, _is_admin boolean) returns bigint
language plpgsql as $$
declare
  _account bigint;
begin
  insert into account (name, password_hash, is_admin)
  values (_name, _password_hash, _is_admin)
  returning id into _account;
  perform make_mailbox(
            row(_account, null, '{}')::actor, row(0, null)::create_permit, _account, 'INBOX', null);
  insert into activity (kind, detail)
  values (16 /* activity: account */,
          _name || case when _is_admin then ' created, administers the site' else ' created' end);
  return _account;
end
$$;
--- create_group
-- Makes a group.
create or replace function create_group(_name text) returns void
language plpgsql as $$
begin
  insert into user_group (name) values (_name);
  insert into activity (kind, detail) values (15 /* activity: group */, _name || ' created');
end
$$;
--- create_mailbox
-- Makes a mailbox, and returns it; make_mailbox says what it is like.
create or replace function create_mailbox(
  _actor actor, _permit create_permit, _place place, _special_use text
) returns bigint
language plpgsql as $$
declare
  _owner   bigint;
  _mailbox bigint;
begin
  perform lock_logins(array[_actor]);
  perform check_logins(array[_actor]);
  _owner := owner_of(_place, _actor.account);
  _mailbox := make_mailbox(_actor, _permit, _owner, _place.path, _special_use);
  insert into activity (kind, session, account, mailbox, owner, path, detail)
  values (6 /* activity: create */, _actor.session, _actor.account, _mailbox, _owner, _place.path, _special_use);
  return _mailbox;
end
$$;
--- database_history
-- Which history of which database this is. It becomes another one when a standby is promoted or a backup restored, which
-- may lack what the one before had. Null on a standby.
create or replace function database_history() returns text
language plpgsql volatile as $$
begin
  if pg_is_in_recovery() then
    return null;
  end if;
  return (select c.system_identifier::text from pg_control_system() c)
         || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8);
end
$$;
--- delete_account
-- Removes an account with its tree, and its name from every list: who is called so later is another.
-- Returns what to wake.
create or replace function delete_account(_account bigint) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _name    text;
  _own     bigint[];
  _naming  bigint[];
begin
  perform lock_login_alone(_account);
  perform lock_tree(_account);
  select a.name into _name from account a where a.id = _account for update;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such account';
  end if;
  _own := array(select n.mailbox from mailbox_name n where n.owner = _account);
  _naming := mailboxes_naming(_name);
  perform lock_mailboxes(_own || _naming);
  return query select m.id, m.modseq + 1 from mailbox m where m.id = any (_own);
  perform erase_mailboxes(_own, row(null, null, null)::actor);
  delete from acl_entry e where e.identifier = _name;
  delete from user_flags f where f.account = _account;
  delete from account a where a.id = _account;
  return query select t.mailbox, t.modseq from touch_mailboxes(_naming) t;
  insert into activity (kind, detail) values (16 /* activity: account */, _name || ' deleted');
end
$$;
--- delete_group
-- Removes a group, and its name from every list. Returns what to wake.
create or replace function delete_group(_name text) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _group   bigint;
  _groups  bigint[];
  _members bigint[];
begin
  perform lock_groups();
  select g.id into _group from user_group g where g.name = _name;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such group';
  end if;
  _groups := groups_above(_group);
  perform hold_groups(_groups);
  _members := array(select e.account from effective_member e where e.user_group = _group);
  return query select t.mailbox, t.modseq from touch_groups(_groups) t;
  delete from user_group g where g.id = _group;
  perform refresh_effective_members(_members);
  delete from acl_entry e where e.identifier = 'group:' || _name;
  insert into activity (kind, detail) values (15 /* activity: group */, _name || ' deleted');
end
$$;
--- delete_mailbox
-- Removes a mailbox, and returns the mod-sequence after its last, to wake its watchers with. INBOX stays, and so does
-- whatever has others below it that the account may know of. What stays below it keeps its rights (`part_lists`).
create or replace function delete_mailbox(_actor actor, _permit permit) returns bigint
language plpgsql as $$
declare
  _owner  bigint;
  _path   text;
  _modseq bigint;
begin
  perform lock_logins(array[_actor]);
  select n.owner into _owner from mailbox_name n where n.mailbox = _permit.mailbox;
  perform lock_tree(_owner);
  perform hold_names(names_in_lists(array[_permit.mailbox]));
  select l.modseq
    into _modseq
    from lock_mailbox(_permit.mailbox, array[_actor], array[_permit]) l;

  select n.owner, n.path into _owner, _path from mailbox_name n where n.mailbox = _permit.mailbox;
  if _owner <> 0 and _path = 'INBOX' then
    raise exception using errcode = 'PR002', message = 'INBOX stays', detail = '1';
  end if;
  -- Mailboxes below that the account cannot see stay, and nothing tells of them.
  if exists (select from mailbox_name n
              where n.owner = _owner and n.path >= _path || '/' and n.path < _path || '0'
                and rights_of(_actor.account, n.mailbox) & 1 /* rights: l */ <> 0) then
    raise exception using errcode = 'PR005', message = 'the mailbox has others below it';
  end if;
  perform erase_mailboxes(array[_permit.mailbox], _actor);

  insert into activity (kind, session, account, mailbox, owner, path)
  values (8 /* activity: delete */, _actor.session, _actor.account, _permit.mailbox, _owner, _path);
  return _modseq + 1;
end
$$;
--- discard_messages
-- Removes messages from a mailbox and books that: entries, garbage, counters, log and tombstones. Returns the mailbox's
-- new mod-sequence. What several writers remove at once is put down to the first of them. The caller holds the mailbox's
-- lock, and knows that the messages are there.
create or replace function discard_messages(_mailbox bigint, _uids bigint[], _actor actor) returns bigint
language plpgsql as $$
declare
  _gone  bigint[];
  _sizes integer[];
  _flags bigint[];
begin
  with gone as (
    delete from entry e
     using (select g.uid from unnest(_uids) as g (uid) limit cardinality(_uids)) g
     where e.mailbox = _mailbox and e.uid = g.uid
    returning e.uid, e.content, e.size, e.flags, e.internal_date, e.saved_at
  ), queued as (
    insert into garbage (
      content, mailbox, uid, flags, internal_date, saved_at, size, account, session, quota_root
    )
    select g.content, _mailbox, g.uid, g.flags, g.internal_date, g.saved_at, g.size,
           _actor.account, _actor.session,
           (select n.quota_root from mailbox_name n where n.mailbox = _mailbox)
      from gone g
  )
  select array_agg(g.uid), array_agg(g.size), array_agg(g.flags)
    into _gone, _sizes, _flags
    from gone g;
  update mailbox m
     set removed_bytes = m.removed_bytes + (select coalesce(sum(s.size + 1024), 0) from unnest(_sizes) as s (size))
   where m.id = _mailbox;
  return book_departure(_mailbox, _gone, _sizes, _flags);
end
$$;
--- divide_flags
-- Makes shared flags private. Everybody begins with what all saw, so nobody sees a difference.
create or replace function divide_flags(_mailbox bigint, _modseq bigint, _flags bigint) returns void
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
  select _mailbox, _modseq, 4 /* change: private */, 0,
         range_agg(int8range(greatest(c.number * 8192, 1), least((c.number + 1) * 8192, 4294967296)))
    from unnest(_chunks) as c (number);
end
$$;
--- domain_of
-- The domain in a name, after its last @; empty where there is none.
create or replace function domain_of(_name text) returns text
language sql immutable as $$
  select case when strpos(_name, '@') = 0 then '' else split_part(_name, '@', -1) end
$$;
--- edit_flags
-- Edits flags for several writers at once. The ranges of `_edits` do not overlap, nor do those of `_private_edits` for
-- one account; `_requests` are what each writer asked for. Returns the mailbox's mod-sequence afterwards, and whether
-- that is new: what is so already is left alone.
create or replace function edit_flags(
  _mailbox bigint, _actors actor[], _permits permit[],
  _edits flag_edit[], _private_edits private_flag_edit[], _requests flag_request[],
  out modseq bigint, out is_changed boolean
)
language plpgsql as $$
#variable_conflict use_column
declare
  _edited int8multirange;
begin
  perform lock_logins(_actors);
  perform lock_mailbox(_mailbox, _actors, _permits);
  select c.modseq, c.is_changed, c.edited
    into modseq, is_changed, _edited
    from change_flags(_mailbox, _edits, _private_edits) c;
  if _edited is not null then
    perform log_flag_requests(_mailbox, _edited, _actors, _requests);
  end if;
end
$$;
--- edit_unchanged_flags
-- Does what edit_flags does for one writer and one pair of masks, but only to messages that nobody changed after
-- `_unchanged_since` (RFC 7162, 3.1.3). Returns the others as `modified`.
create or replace function edit_unchanged_flags(
  _actor actor, _permit permit, _request flag_request, _keep bigint, _add bigint,
  _private_keep bigint, _private_add bigint, _unchanged_since bigint,
  out modseq bigint, out is_changed boolean, out modified text
)
language plpgsql as $$
#variable_conflict use_column
declare
  _uids          int8multirange := (_request).uids;
  _forgotten     integer[];
  _modified      int8multirange;
  _edits         flag_edit[];
  _private_edits private_flag_edit[];
  _edited        int8multirange;
begin
  perform lock_logins(array[_actor]);
  perform lock_mailbox(_permit.mailbox, array[_actor], array[_permit]);

  -- What the log has forgotten counts as changed where the log begins. Seldom more than nothing, and read once.
  select array_agg(distinct f.chunk)
    into _forgotten
    from mailbox m
    join mailbox_name n on n.mailbox = m.id and n.owner <> _actor.account
    join user_flags f on f.mailbox = m.id and f.account in (0, _actor.account)
   where m.id = _permit.mailbox and m.log_floor > _unchanged_since;

  select coalesce(range_agg(int8range(e.uid, e.uid, '[]')), '{}')
    into _modified
    from unnest(_uids) r
   cross join lateral (
         select e.uid, e.modseq
           from entry e
          where e.mailbox = _permit.mailbox and e.uid >= lower(r) and e.uid < upper(r)
         offset 0) e
   where e.modseq > _unchanged_since
      or exists (select from change c
                  where c.mailbox = _permit.mailbox and c.modseq > _unchanged_since
                    and c.kind = 4 /* change: private */ and c.account = _actor.account and c.uids @> e.uid)
      or e.uid / 8192 = any (_forgotten);

  select array_agg(row(lower(r), upper(r) - 1, _keep, _add)::flag_edit),
         array_agg(row(_actor.account, lower(r), upper(r) - 1, _private_keep, _private_add)::private_flag_edit)
    into _edits, _private_edits
    from unnest(_uids - _modified) r;
  select c.modseq, c.is_changed, c.edited
    into modseq, is_changed, _edited
    from change_flags(_permit.mailbox, _edits, _private_edits) c;
  modified := _modified::text;
  if _edited is not null then
    perform log_flag_requests(_permit.mailbox, _edited, array[_actor], array[_request]);
  end if;
end
$$;
--- empty_inbox
-- Moves what is in INBOX to a new mailbox, within the quota where that is. Whoever takes all messages out of a mailbox,
-- and reads them elsewhere, needs what MOVE needs (RFC 6851, 4.2). Returns what to wake. The caller holds the locks.
create or replace function empty_inbox(
  _mailbox bigint, _actor actor, _create create_permit, _owner bigint, _path text
) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _new bigint;
begin
  _new := make_mailbox(_actor, _create, _owner, _path, null);
  if rights_of(_actor.account, _mailbox) & 770 /* rights: rte */ <> 770 /* rights: rte */ then
    raise exception using errcode = 'PR002', message = 'messages are moved by who may move them',
      detail = '1';
  end if;
  return query
    with moved as (
      select t.modseq, t.source_modseq
        from transfer_messages(_mailbox, _new, _actor.account, '{[1,4294967296)}', -1, true) t
    )
    select _mailbox, m.source_modseq from moved m
    union all
    select _new, m.modseq from moved m;
  if not share_quota(_mailbox, _new) then
    perform check_quota(_new, true, true);
  end if;
end
$$;
--- entries_naming
-- The entries of the list that a mailbox has, its own or that of one above it, that name any of these. Each is looked up,
-- however long the list is.
create or replace function entries_naming(_mailbox bigint, _identifiers text[]) returns setof acl_entry
language plpgsql stable rows 10 as $$
declare
  _list bigint := (select n.list_of from mailbox_name n where n.mailbox = _mailbox);
begin
  return query
    select e.*
      from unnest(_identifiers) as named (identifier)
     cross join lateral (
             select e.*
               from acl_entry e
              where e.mailbox = _list
                and e.identifier = named.identifier
             offset 0
           ) e;
end
$$;
--- erase_mailboxes
-- Removes mailboxes and all that is in them. The caller holds their locks, and the names in their lists, and takes no
-- other mailbox's afterwards.
create or replace function erase_mailboxes(_mailboxes bigint[], _actor actor) returns void
language plpgsql as $$
begin
  perform part_lists(_mailboxes);
  insert into garbage (
    content, mailbox, uid, flags, internal_date, saved_at, size, account, session, quota_root
  )
  select e.content, e.mailbox, e.uid, e.flags, e.internal_date, e.saved_at, e.size,
         _actor.account, _actor.session, n.quota_root
    from entry e
    join mailbox_name n on n.mailbox = e.mailbox
   where e.mailbox = any (_mailboxes);
  -- What they counted as removed is the roots' from now on.
  perform q.id
     from quota_root q
    where q.id in (select n.quota_root from mailbox_name n where n.mailbox = any (_mailboxes))
    order by q.id
      for no key update;
  update quota_root q
     set removed_bytes = q.removed_bytes + gone.bytes
    from (select n.quota_root,
                 sum(m.removed_bytes + (select coalesce(sum(e.size + 1024), 0) from entry e where e.mailbox = m.id)) as bytes
            from mailbox_name n
            join mailbox m on m.id = n.mailbox
           where m.id = any (_mailboxes)
           group by n.quota_root) gone
   where q.id = gone.quota_root;
  delete from entry where mailbox = any (_mailboxes);
  delete from entry_keyword where mailbox = any (_mailboxes);
  delete from change where mailbox = any (_mailboxes);
  delete from user_flags where mailbox = any (_mailboxes);
  delete from tombstone where mailbox = any (_mailboxes);
  delete from snapshot where mailbox = any (_mailboxes);
  delete from mailbox_name where mailbox = any (_mailboxes);
  delete from mailbox where id = any (_mailboxes);
end
$$;
--- expunge_messages
-- Removes those of `_uids` that carry \Deleted, and returns which these were. `_requests` are the UIDs that each writer
-- asked for, as int8multirange; `_uids` are all of these.
create or replace function expunge_messages(
  _mailbox bigint, _actors actor[], _permits permit[], _requests text[], _uids int8multirange,
  out modseq bigint, out uids text
)
language plpgsql as $$
#variable_conflict use_column
declare
  _deleted bigint;
  _gone    bigint[];
  _removed int8multirange;
begin
  perform lock_logins(_actors);
  select l.modseq, l.deleted_count
    into modseq, _deleted
    from lock_mailbox(_mailbox, _actors, _permits) l;
  uids := '{}';
  -- Spares the walk through the whole mailbox.
  if _deleted = 0 then
    return;
  end if;

  select array_agg(e.uid), range_agg(int8range(e.uid, e.uid, '[]'))
    into _gone, _removed
    from unnest(_uids) r
   cross join lateral (
         select e.uid
           from entry e
          where e.mailbox = _mailbox and e.uid >= lower(r) and e.uid < upper(r) and e.flags & 4 /* flag: deleted */ <> 0
         offset 0) e;
  if _gone is null then
    return;
  end if;
  modseq := discard_messages(_mailbox, _gone, _actors[1]);
  uids := _removed::text;

  insert into activity (kind, session, account, mailbox, owner, path, uids)
  select 3 /* activity: expunge */, w.session, w.account, n.mailbox, n.owner, n.path,
         w.uids::int8multirange * _removed
    from mailbox_name n, unnest(_actors, _requests) as w (account, session, logins, uids)
   where n.mailbox = _mailbox
     and not isempty(w.uids::int8multirange * _removed);
end
$$;
--- find_digests
-- The digests of a mailbox, and of each the shortest lists among those of `_grams`. Six tell nearly as
-- much as all.
create or replace function find_digests(_mailbox bigint, _grams integer[])
returns table (id bigint, uids text, lists bytea[])
language sql stable as $$
  select d.id, d.uids::text,
         array(select substring(d.lists from l.low + 1 for l.high - l.low)
                 from (select number_at(d.bounds, g.gram) as low,
                              number_at(d.bounds, g.gram + 1) as high
                         from unnest(_grams) as g (gram)
                       offset 0) l
                order by l.high - l.low
                limit 6)
    from digest d
   where d.mailbox = _mailbox
   order by lower(d.uids)
$$;
--- flip_private
-- Turns one private flag of each message into its opposite for one account, and logs that. The caller
-- knows that the bits are not yet as wanted, and holds the mailbox's lock.
create or replace function flip_private(
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
  select _mailbox, _modseq, 4 /* change: private */, f.account, range_agg(int8range(f.uid, f.uid, '[]'))
    from unnest(_accounts, _uids) as f (account, uid)
   group by f.account;
end
$$;
--- forget_digests_of_contents
-- Removes the digests in which deleted content stands: what is collected is gone from the copies too.
create or replace function forget_digests_of_contents() returns trigger
language plpgsql as $$
begin
  delete from digest d
   where d.contents && (select coalesce(array_agg(g.id), '{}') from gone g);
  return null;
end
$$;

create or replace trigger content_leaves_digests
  after delete on content
  referencing old table as gone
  for each statement execute function forget_digests_of_contents();
--- forget_digests_of_mailboxes
-- Removes the digests of deleted mailboxes.
create or replace function forget_digests_of_mailboxes() returns trigger
language plpgsql as $$
begin
  delete from digest d using gone g where d.mailbox = g.id;
  return null;
end
$$;

create or replace trigger mailbox_leaves_digests
  after delete on mailbox
  referencing old table as gone
  for each statement execute function forget_digests_of_mailboxes();
--- forgive_wrong_passwords
-- Somebody got a password right: the failures of this user from this network are forgiven, and no others, so that nobody
-- clears guesses at other people's passwords with logins of his own. Remembers the network as known to the account, up
-- to `_networks_max` of them.
create or replace function forgive_wrong_passwords(
  _account bigint, _name text, _network text, _networks_max integer
) returns void
language plpgsql as $$
declare
  _user     bytea := user_hash(_name);
  _forgiven integer;
begin
  select w.failures
    into _forgiven
    from wrong_password w
   where w.network = _network and w.user_hash = _user;
  if found then
    update wrong_password w
       set failures = greatest(w.failures - _forgiven, 0)
     where w.network = _network and w.user_hash = '';
    update wrong_password w
       set failures = greatest(w.failures - _forgiven, 0)
     where w.network = '' and w.user_hash = _user;
    delete from wrong_password w where w.network = _network and w.user_hash = _user;
  end if;

  -- A write a day and network, not one a login.
  if exists (select from known_network k
              where k.account = _account and k.network = _network and k.seen_at > now() - interval '1 day') then
    return;
  end if;
  insert into known_network (account, network, seen_at)
  select a.id, _network, now()
    from account a
   where a.id = _account
      on conflict (account, network) do update set seen_at = now();
  delete from known_network k
   where k.account = _account
     and k.network in (select o.network
                         from known_network o
                        where o.account = _account
                        order by o.seen_at desc, o.network
                       offset _networks_max);
end
$$;
--- groups_above
-- A group and all that it is in.
create or replace function groups_above(_group bigint) returns bigint[]
language sql stable as $$
  with recursive above (id) as (
    select _group
    union
    select n.outer_group
      from above
      join user_group_nesting n on n.inner_group = above.id
  )
  select array_agg(id) from above
$$;
--- groups_of
-- The names of the groups that an account is in, directly or through other groups.
create or replace function groups_of(_account bigint) returns text[]
language plpgsql stable as $$
begin
  return array(select g.name
                 from effective_member m
                 join user_group g on g.id = m.user_group
                where m.account = _account);
end
$$;
--- hold_groups
-- Keeps the names of these groups from being written into a list, until the transaction ends.
create or replace function hold_groups(_groups bigint[]) returns void
language plpgsql as $$
begin
  perform g.id
     from user_group g
    where g.id = any (_groups)
    order by g.id
      for update;
end
$$;
--- hold_names
-- Holds the groups and accounts whose names are about to be written into a list, until the transaction
-- ends: a change of the group, or the end of the account, waits until it can see the list.
create or replace function hold_names(_identifiers text[]) returns void
language plpgsql as $$
declare
  _groups text[] := array(select substr(i, 7) from unnest(_identifiers) i where i like 'group:%');
begin
  perform g.id
     from user_group g
    where g.name = any (_groups)
    order by g.id
      for key share;
  perform a.id
     from account a
    where a.name = any (_identifiers)
    order by a.id
      for key share;
end
$$;
--- identifiers_of
-- The identifiers that mean this account on every mailbox of its domain; null for an account that
-- is not there.
create or replace function identifiers_of(_account bigint) returns text[]
language plpgsql stable as $$
begin
  return (select array['anyone', 'authenticated', 'domain:' || domain_of(a.name), a.name]
                 || array(select 'group:' || g from unnest(groups_of(a.id)) g)
            from account a
           where a.id = _account);
end
$$;
--- join_quota_root
-- Gives a new mailbox the quota root of the one above it, else that of its tree or of its very path.
-- Refuses where the root has as many mailboxes as it may.
create or replace function join_quota_root() returns trigger
language plpgsql as $$
declare
  _limit     bigint;
  _mailboxes bigint;
begin
  new.quota_root := coalesce(
    (select n.quota_root
       from mailbox_name n
      where n.owner = new.owner and starts_with(new.path, n.path || '/')
        and n.path = any (array(
              select array_to_string((string_to_array(new.path, '/'))[1:level], '/')
                from generate_series(1, array_length(string_to_array(new.path, '/'), 1) - 1) as level))
      order by length(n.path) desc
      limit 1),
    (select q.id
       from quota_root q
      where q.owner = new.owner and q.path in ('', new.path)
      order by length(q.path) desc
      limit 1));
  if not exists (select from quota_root q where q.id = new.quota_root and q.mailbox_limit is not null) then
    return new;
  end if;
  select q.mailbox_limit
    into _limit
    from quota_root q
   where q.id = new.quota_root
     for no key update;
  select u.mailboxes into _mailboxes from quota_usage(new.quota_root) u;
  if _mailboxes >= _limit then
    raise exception using errcode = 'PR009', message = 'over quota', detail = '0 0';
  end if;
  return new;
end
$$;

create or replace trigger quota_root_of_mailbox before insert on mailbox_name
  for each row execute function join_quota_root();
--- keep_unsubscribed
-- Lets mailboxes stay unwanted that are about to go from `_old_path` to `_path` in the tree of `_owner`, by those of the
-- accounts that do not want them now. Subscriptions are kept by name (RFC 9051, 6.3.6), so those of the old names stay
-- what they are; but what others may read is subscribed to by itself, and would be shown under its new name. Whoever
-- has said something of the new name is not overruled. The caller holds the locks, the accounts' among them.
create or replace function keep_unsubscribed(
  _accounts bigint[], _mailboxes bigint[], _old_path text, _owner bigint, _path text
) returns void
language sql as $$
  insert into subscription (account, owner, path, is_wanted)
  select s.account, _owner, _path || substr(n.path, length(_old_path) + 1), false
    from mailbox_name n
    join subscription s on s.owner = n.owner and s.path = n.path
   where n.mailbox = any (_mailboxes) and not s.is_wanted and s.account = any (_accounts) and s.account <> _owner
  on conflict (account, owner, path) do nothing
$$;
--- levels_of
-- How many levels a name has.
create or replace function levels_of(_path text) returns integer
language sql immutable as $$
  select cardinality(string_to_array(_path, '/'))
$$;
--- list_above
-- The mailbox whose list a new mailbox of this name has: that which the nearest one above it has. Null where there is none.
create or replace function list_above(_owner bigint, _path text) returns bigint
language sql stable as $$
  select n.list_of
    from mailbox_name n
   where n.owner = _owner
     and n.path = any (array(
           select array_to_string((string_to_array(_path, '/'))[1:level], '/')
             from generate_series(1, levels_of(_path) - 1) as level))
   order by length(n.path) desc
   limit 1
$$;
--- lock_groups
-- Makes changes of groups wait for each other, until the transaction ends. Comes before the rows of groups
-- in the order of locks.
create or replace function lock_groups() returns void
language sql as $$
  select pg_advisory_xact_lock(hashtext('postroom groups'), 0)
$$;
--- lock_login_alone
-- Waits until nothing more is written that a login of `_account` had begun; what it begins later waits for the end of
-- the transaction. For whoever ends a login. Comes before any other lock.
create or replace function lock_login_alone(_account bigint) returns void
language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtext('postroom login'), login_lock(_account));
end
$$;
--- lock_logins
-- Takes the locks of the logins of these writers, until the transaction ends: whoever ends a login has its lock alone
-- (`lock_login_alone`). So what check_writers finds then still holds at the commit. Comes before any other lock.
create or replace function lock_logins(_actors actor[]) returns void
language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(hashtext('postroom login'), l.lock)
     from (select distinct login_lock(login.account) as lock
             from unnest(_actors) as a, unnest(a.logins) as login
            order by 1) l;
end
$$;
--- lock_mailbox
-- Locks a mailbox, and refuses unless each writer may write to it (`check_writers`).
create or replace function lock_mailbox(
  _mailbox bigint, _actors actor[], _permits permit[],
  out modseq bigint, out deleted_count bigint
)
language plpgsql as $$
#variable_conflict use_column
declare
  _rights_version bigint;
begin
  select m.modseq, m.deleted_count, m.rights_version
    into modseq, deleted_count, _rights_version
    from mailbox m
   where m.id = _mailbox
     for no key update;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such mailbox';
  end if;
  perform check_writers(_mailbox, _rights_version, _actors, _permits);
end
$$;
--- lock_mailboxes
-- Locks the rows of mailboxes in ascending order, for whoever locks several.
create or replace function lock_mailboxes(_mailboxes bigint[]) returns void
language plpgsql as $$
begin
  perform m.id
     from mailbox m
    where m.id = any (_mailboxes)
    order by m.id
      for no key update;
end
$$;
--- lock_tree
-- Makes changes of names in one tree wait for each other, until the transaction ends.
create or replace function lock_tree(_owner bigint) returns void
language sql as $$
  select pg_advisory_xact_lock(hashtext('postroom name tree'), hashint8(_owner))
$$;
--- lock_unsubscribed
-- The accounts, locked, that do not want to be shown some of these mailboxes of others (`keep_unsubscribed`). Comes
-- before the rows of mailboxes, as whoever deletes an account has it; the caller holds the tree.
create or replace function lock_unsubscribed(_mailboxes bigint[]) returns bigint[]
language plpgsql as $$
declare
  _locked bigint[];
begin
  select array_agg(a.id)
    into _locked
    from (select a.id
            from account a
           where a.id in (select s.account
                            from mailbox_name n
                            join subscription s on s.owner = n.owner and s.path = n.path
                           where n.mailbox = any (_mailboxes) and not s.is_wanted)
           order by a.id
             for key share) a;
  return coalesce(_locked, '{}');
end
$$;
--- log_annotation
-- Tells the directory of an annotation.
create or replace function log_annotation() returns trigger
language plpgsql as $$
declare
  _row annotation := case when tg_op = 'DELETE' then old else new end;
begin
  insert into directory_change (kind, mailbox, account, entry)
  values (3 /* directory: annotation */, coalesce(_row.mailbox, 0), coalesce(_row.account, 0), _row.entry);
  return null;
end
$$;

create or replace trigger directory_hears_set after insert or delete on annotation
  for each row execute function log_annotation();

create or replace trigger directory_hears_changed after update of value on annotation
  for each row when (old.value is distinct from new.value) execute function log_annotation();
--- log_columns
-- Tells the directory of the two annotations that are kept as columns of `mailbox_name`.
create or replace function log_columns() returns trigger
language plpgsql as $$
begin
  insert into directory_change (kind, mailbox, entry)
  select 3 /* directory: annotation */, new.mailbox, c.entry
    from (values ('/private/specialuse', old.special_use is distinct from new.special_use),
                 ('/shared/vendor/postroom/flags/private', old.private_flags <> new.private_flags))
      as c (entry, is_changed)
   where c.is_changed;
  return null;
end
$$;

create or replace trigger directory_hears_columns after update of special_use, private_flags on mailbox_name
  for each row execute function log_columns();
--- log_flag_requests
-- Writes a row of activity for each request that changed something for all: `_edited` says which messages that were,
-- since the edits of a batch are done as one.
create or replace function log_flag_requests(
  _mailbox bigint, _edited int8multirange, _actors actor[], _requests flag_request[]
) returns void
language plpgsql as $$
begin
  insert into activity (kind, session, account, mailbox, owner, path, uids, flags_set, flags_cleared)
  select 2 /* activity: flags */, w.session, w.account, n.mailbox, n.owner, n.path,
         w.uids::int8multirange * _edited, w.flags_set, w.flags_cleared
    from mailbox_name n, unnest(_actors, _requests) as w (account, session, logins, uids, flags_set, flags_cleared)
   where n.mailbox = _mailbox
     and not isempty(w.uids::int8multirange * _edited);
end
$$;
--- log_name
-- Tells the directory that a mailbox came, went or has another name.
create or replace function log_name() returns trigger
language plpgsql as $$
begin
  insert into directory_change (kind, mailbox)
  values (1 /* directory: mailbox */, case when tg_op = 'DELETE' then old.mailbox else new.mailbox end);
  return null;
end
$$;

create or replace trigger directory_hears after insert or delete or update of owner, path on mailbox_name
  for each row execute function log_name();
--- log_rights
-- Tells the directory that others may do other things in a mailbox. Writes of messages do not pass here.
create or replace function log_rights() returns trigger
language plpgsql as $$
begin
  insert into directory_change (kind, mailbox) values (1 /* directory: mailbox */, new.id);
  return null;
end
$$;

-- Named by its column: writes of messages do not pass here.
create or replace trigger directory_hears after update of rights_version on mailbox
  for each row execute function log_rights();
--- log_subscription
-- Tells the directory what an account subscribed to.
create or replace function log_subscription() returns trigger
language plpgsql as $$
begin
  insert into directory_change (kind, account)
  values (2 /* directory: subscriptions */, case when tg_op = 'DELETE' then old.account else new.account end);
  return null;
end
$$;

create or replace trigger directory_hears after insert or delete or update of is_wanted on subscription
  for each row execute function log_subscription();
--- login_lock
-- The number of the lock that belongs to a login. There are 32, not one for each account, so that a batch
-- of many people's writes takes few.
create or replace function login_lock(_account bigint) returns integer
language sql immutable as $$
  select (_account % 32)::integer
$$;
--- mailboxes_naming
-- The mailboxes whose list, their own or one from above, names `_identifier`.
create or replace function mailboxes_naming(_identifier text) returns bigint[]
language sql stable as $$
  select array(
    select distinct n.mailbox
      from acl_entry e
      join mailbox_name n on n.list_of = e.mailbox
     where e.identifier = _identifier)
$$;
--- make_mailbox
-- Does the work of create_mailbox, and returns the new mailbox. It has the list of the one above it, for as long as it gets
-- none of its own, and takes over its flag policy (by the names of its keywords), its domain and its shared annotations.
-- Whoever creates it may do there what he may do above. Where nothing is above, its creator may do everything, and it has
-- his domain in the tree that nobody owns. The caller has locked and checked the logins.
create or replace function make_mailbox(
  _actor actor, _permit create_permit, _owner bigint, _path text, _special_use text
) returns bigint
language plpgsql as $$
declare
  _mailbox bigint;
  _above   bigint;
  _list    bigint;
  _creator text;
begin
  perform lock_tree(_owner);
  _above := nearest_above(_owner, _path, _actor.account);
  _list := list_above(_owner, _path);
  perform hold_names(names_in_lists(array[_above]));
  perform check_create_permit(_actor, _permit, _owner, _path);

  select a.name into _creator from account a where a.id = _actor.account;
  insert into mailbox default values returning id into _mailbox;
  insert into mailbox_name (mailbox, owner, path, special_use, list_of, private_flags, domain)
  values (_mailbox, _owner, _path, _special_use, coalesce(_list, _mailbox),
          coalesce((select (translate_keywords(_above, _mailbox, array[n.private_flags]))[1]
                      from mailbox_name n
                     where n.mailbox = _above), 8 /* flag: seen */),
          coalesce((select n.domain from mailbox_name n where n.mailbox = _above),
                   domain_of(_creator)));
  insert into annotation (mailbox, entry, value)
  select _mailbox, a.entry, a.value
    from annotation a
   where a.mailbox = _above
     and a.account is null;
  if _list is null then
    -- Another user's tree begins at the INBOX, but is not below it: what holds there is copied.
    insert into acl_entry (mailbox, identifier, is_negative, rights)
    select _mailbox, _creator, false, 4095 /* rights: lrswipkxtean */
     where _above is null
    union all
    select _mailbox, e.identifier, e.is_negative, e.rights
      from mailbox_name n
      join acl_entry e on e.mailbox = n.list_of
     where n.mailbox = _above;
  end if;
  return _mailbox;
end
$$;
--- may_know_quota
-- Whether `_account` may know a root: it administers the site, or may read in one of its mailboxes.
create or replace function may_know_quota(_account bigint, _root bigint) returns boolean
language plpgsql stable as $$
declare
  _identifiers text[] := identifiers_of(_account) || 'owner'::text;
begin
  return (select a.is_admin from account a where a.id = _account)
      or exists (
           select from mailbox_name n
            where n.quota_root = _root
              and exists (select from acl_entry e
                           where e.mailbox = n.list_of and e.identifier = any (_identifiers))
              and rights_of(_account, n.mailbox) & 2 /* rights: r */ <> 0);
end
$$;
--- move_mailboxes
-- Gives mailboxes at `_old_path` or below it the same places at `_path` and below. Returns what to wake. The
-- caller holds the locks, and has asked whether it is allowed.
create or replace function move_mailboxes(
  _moved bigint[], _old_owner bigint, _old_path text, _owner bigint, _path text
) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _level bigint[];
begin
  if _owner = _old_owner and _path = _old_path then
    raise exception using errcode = 'PR003', message = 'it has that name already';
  end if;
  if _owner = _old_owner and starts_with(_path, _old_path || '/') then
    raise exception using errcode = 'PR044', message = 'a mailbox cannot be moved below itself';
  end if;
  if exists (select from mailbox_name n
              where n.mailbox = any (_moved)
                and (octet_length(_path) + octet_length(n.path) - octet_length(_old_path)
                     > 1000 /* limits::NAME_BYTES_MAX */
                     or levels_of(_path) + levels_of(n.path) - levels_of(_old_path)
                     > 32 /* limits::NAME_DEPTH_MAX */)) then
    raise exception using errcode = 'PR045', message = 'a name below it would become too long';
  end if;
  -- From the top down: where it goes up, what lies deeper comes to places that others of it have left.
  for _level in
    select array_agg(n.mailbox)
      from mailbox_name n
     where n.mailbox = any (_moved)
     group by levels_of(n.path)
     order by levels_of(n.path)
  loop
    update mailbox_name n
       set owner = _owner, path = _path || substr(n.path, length(_old_path) + 1)
     where n.mailbox = any (_level);
  end loop;
  return query select t.mailbox, t.modseq from touch_mailboxes(_moved) t;
end
$$;
--- name_keywords
-- Gives numbers to keywords that the mailbox does not have, as far as there is room (`add_keywords`). Returns all keywords
-- that it has, in the order of their numbers, and its mod-sequence where numbers have other names now, to wake with.
create or replace function name_keywords(
  _actor actor, _permit permit, _names text[],
  out names text[], out modseq bigint
)
language plpgsql as $$
#variable_conflict use_column
declare
  _before bigint;
begin
  perform lock_logins(array[_actor]);
  select l.modseq
    into _before
    from lock_mailbox(_permit.mailbox, array[_actor], array[_permit]) l;
  perform add_keywords(_permit.mailbox, _names);
  names := array(select k.name from keyword k where k.mailbox = _permit.mailbox order by k.number);
  select m.modseq into modseq from mailbox m where m.id = _permit.mailbox and m.modseq <> _before;
end
$$;
--- names_in_lists
-- The identifiers in the lists that these mailboxes have.
create or replace function names_in_lists(_mailboxes bigint[]) returns text[]
language sql stable as $$
  select array(
    select distinct e.identifier
      from mailbox_name n
      join acl_entry e on e.mailbox = n.list_of
     where n.mailbox = any (_mailboxes))
$$;
--- nearest_above
-- The nearest mailbox above a place, as others see it: another user's tree begins at the INBOX. Null
-- where there is none.
create or replace function nearest_above(_owner bigint, _path text, _account bigint) returns bigint
language sql stable as $$
  select n.mailbox
    from mailbox_name n
   where n.owner = _owner
     and n.path <> _path
     and (starts_with(_path, n.path || '/') and n.path = any (array(
            select array_to_string((string_to_array(_path, '/'))[1:level], '/')
              from generate_series(1, array_length(string_to_array(_path, '/'), 1) - 1) as level))
          or n.path = 'INBOX' and _owner not in (0, _account))
   order by starts_with(_path, n.path || '/') desc, length(n.path) desc
   limit 1
$$;
--- number_at
-- The number at a place in packed numbers of four bytes, the highest byte first.
create or replace function number_at(_numbers bytea, _place integer) returns integer
language sql immutable as $$
  select ('x' || encode(substring(_numbers from _place * 4 + 1 for 4), 'hex'))::bit(32)::integer
$$;
--- own_list
-- Makes the list that a mailbox has from above its own, with the same entries; what is below it and has the same list has
-- it from here. Does nothing where the list is its own already. The caller holds the lock of the tree, and the names in
-- the list.
create or replace function own_list(_mailbox bigint) returns void
language plpgsql as $$
declare
  _owner bigint;
  _path  text;
  _list  bigint;
begin
  select n.owner, n.path, n.list_of into _owner, _path, _list from mailbox_name n where n.mailbox = _mailbox;
  if _list = _mailbox then
    return;
  end if;
  insert into acl_entry (mailbox, identifier, is_negative, rights)
  select _mailbox, e.identifier, e.is_negative, e.rights
    from acl_entry e
   where e.mailbox = _list;
  update mailbox_name n
     set list_of = _mailbox
   where n.mailbox = any (below_by_list(_owner, _path, _list));
end
$$;
--- owner_of
-- The account in whose tree a place is, 0 for the tree that nobody owns; null for a name that nobody has.
create or replace function owner_of(_place place, _account bigint) returns bigint
language plpgsql stable as $$
begin
  return owner_of_place(_account, _place.kind, _place.owner_name);
end
$$;
--- owner_of_place
-- The account in whose tree a place is, 0 for the tree that nobody owns; null for a name that nobody has.
-- Kinds: 0 the asker's tree, 1 the tree of `_owner_name`, 2 the tree that nobody owns.
create or replace function owner_of_place(_account bigint, _kind smallint, _owner_name text) returns bigint
language plpgsql stable as $$
begin
  return (select case _kind
                   when 0 then _account
                   when 1 then (select a.id from account a where a.name = _owner_name)
                   else 0
                 end);
end
$$;
--- part_lists
-- Before the lists of some mailboxes end: others that have one of these keep what they had, by a copy. The caller holds the
-- lock of the tree, and the names in the lists.
create or replace function part_lists(_ending bigint[]) returns void
language plpgsql as $$
declare
  _mailbox bigint;
begin
  for _mailbox in
    select n.mailbox
      from mailbox_name n
     where n.list_of = any (_ending)
       and n.mailbox <> all (_ending)
     order by levels_of(n.path)
  loop
    -- One above it may have taken the list over by now.
    perform own_list(n.mailbox)
       from mailbox_name n
      where n.mailbox = _mailbox
        and n.list_of = any (_ending);
  end loop;
end
$$;
--- private_flag_bits
-- The policy that these words mean; keywords that are new get numbers. The caller holds the mailbox's lock.
create or replace function private_flag_bits(_mailbox bigint, _names text[]) returns bigint
language plpgsql as $$
declare
  _keywords text[] := array(select n from unnest(_names) n where not starts_with(n, '\'));
begin
  perform add_keywords(_mailbox, _keywords);
  perform check_keywords(_mailbox, _keywords);
  return (select coalesce(bit_or(b.bit), 0)
            from private_flag b
            left join keyword k on k.mailbox = _mailbox and k.number = b.flag - 6
           where lower(coalesce(b.name, k.name)) in (select lower(n) from unnest(_names) n));
end
$$;
--- private_flag_names
-- The flags of a policy as words.
create or replace function private_flag_names(_mailbox bigint, _private bigint) returns text
language sql stable as $$
  select coalesce(string_agg(coalesce(b.name, k.name), ' ' order by b.flag), '')
    from private_flag b
    left join keyword k on k.mailbox = _mailbox and k.number = b.flag - 6
   where b.bit & _private <> 0
$$;
--- private_flags_for
-- What of a mailbox's private flags is `_account`'s own: nothing where it is the owner, whose marks everybody shares.
create or replace function private_flags_for(_account bigint, _owner bigint, _private_flags bigint) returns bigint
language sql immutable as $$
  select case when _owner = _account then 0 else _private_flags end
$$;
--- private_flags_of
-- The flags of a mailbox that `_account` has for itself.
create or replace function private_flags_of(_account bigint, _mailbox bigint) returns bigint
language plpgsql stable as $$
begin
  return (select private_flags_for(_account, n.owner, n.private_flags)
            from mailbox_name n
           where n.mailbox = _mailbox);
end
$$;
--- quota_usage
-- What is in the mailboxes of a root, as far as it is committed or done by this transaction. Removed mail counts as
-- far as it takes more room than the root's limit (ADR 0053).
create or replace function quota_usage(_root bigint, out bytes numeric, out messages numeric, out mailboxes bigint)
language plpgsql volatile as $$
declare
  _removed numeric;
begin
  select coalesce(sum(m.byte_count), 0), coalesce(sum(m.message_count), 0), count(*), coalesce(sum(m.removed_bytes), 0)
    into bytes, messages, mailboxes, _removed
    from mailbox_name n
    join mailbox m on m.id = n.mailbox
   where n.quota_root = _root;
  bytes := bytes + (select coalesce(greatest(_removed + q.removed_bytes - q.storage_limit::numeric * 1024, 0), 0)
                      from quota_root q
                     where q.id = _root);
end
$$;
--- refresh_effective_members
-- Writes down anew in which groups these accounts are. The caller holds `lock_groups`.
create or replace function refresh_effective_members(_accounts bigint[]) returns void
language plpgsql as $$
begin
  delete from effective_member e where e.account = any (_accounts);
  insert into effective_member (account, user_group)
  with recursive inside (account, user_group) as (
    select m.account, m.user_group
      from user_group_member m
     where m.account = any (_accounts)
    union
    select i.account, n.outer_group
      from inside i
      join user_group_nesting n on n.inner_group = i.user_group
  )
  select i.account, i.user_group from inside i;
end
$$;
--- rename_branch
-- Gives a name where nothing is, or nothing that the account may know of, to what is below it: to these mailboxes, each
-- by a permit of its own, and to all below them. Whatever else is there stays (ADR 0037). Returns what to wake.
create or replace function rename_branch(
  _actor actor, _permits permit[], _old_place place, _create create_permit, _place place
) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _below     permit := _create.below;
  _owner     bigint;
  _old_owner bigint;
  _tops      bigint[];
  _paths     text[];
  _moved     bigint[];
  _unwanting bigint[];
begin
  perform lock_logins(array[_actor]);
  perform check_logins(array[_actor]);
  _old_owner := owner_of(_old_place, _actor.account);
  _owner := owner_of(_place, _actor.account);
  perform lock_tree(least(_owner, _old_owner));
  perform lock_tree(greatest(_owner, _old_owner));
  perform hold_names(names_in_lists(
            branches_of(_old_owner, array[_old_place.path]) || branches_of(_owner, array[_place.path])
            || nearest_above(_owner, _place.path, _actor.account)));

  -- What was deleted or went elsewhere meanwhile is not below the name any more.
  select array_agg(n.mailbox), array_agg(n.path)
    into _tops, _paths
    from unnest(_permits) p
    join mailbox_name n on n.mailbox = p.mailbox
   where n.owner = _old_owner
     and n.path >= _old_place.path || '/' and n.path < _old_place.path || '0';
  if _tops is null then
    raise exception using errcode = 'PR001', message = 'the name leads to nothing any more';
  end if;
  -- All rows that anything below locks, in one ascending pass.
  _moved := branches_of(_old_owner, _paths);
  _unwanting := lock_unsubscribed(_moved);
  perform lock_mailboxes(_moved || _below.mailbox);
  perform lock_mailbox(p.mailbox, array[_actor], array[p])
     from unnest(_permits) as p
    where p.mailbox = any (_tops);

  perform check_create_permit(_actor, _create, _owner, _place.path);
  if exists (select from mailbox_name n where n.owner = _owner and n.path = _place.path) then
    raise exception using errcode = 'PR003', message = 'a mailbox has the new name';
  end if;
  -- No mailbox lies between the new name and what comes below it.
  perform check_create_permit(_actor, _create, _owner, _place.path || substr(top.path, length(_old_place.path) + 1))
     from unnest(_paths) as top (path);
  _moved := changing_hands(_moved, _tops, _actor.account, _old_owner, _owner);
  if _owner not in (0, _old_owner) then
    perform begin_lists_anew(_moved, _owner, _place.path, _actor.account);
  end if;
  perform keep_unsubscribed(_unwanting, _moved, _old_place.path, _owner, _place.path);
  return query select t.mailbox, t.modseq
                 from move_mailboxes(_moved, _old_owner, _old_place.path, _owner, _place.path) t;
  perform settle_lists(_old_owner, _old_place.path);
  perform settle_lists(_owner, _place.path);

  -- One row for each of the permits: what is below them went along.
  insert into activity (kind, session, account, mailbox, owner, path, other_owner, other_path)
  select 7 /* activity: rename */, _actor.session, _actor.account, top.mailbox, _owner,
         _place.path || substr(top.path, length(_old_place.path) + 1), _old_owner, top.path
    from unnest(_tops, _paths) as top (mailbox, path);
end
$$;
--- rename_mailbox
-- Gives a mailbox and what is below it another place, also above its own, but not its own; what is below it goes along
-- as far as the account may take it (`changing_hands`), and in another owner's tree it has a new list
-- (`begin_lists_anew`); in the same tree it keeps what it had (`settle_lists`). INBOX stays and only gives its messages (RFC 9051, 6.3.6).
-- Returns what to wake.
create or replace function rename_mailbox(
  _actor actor, _permit permit, _old_path text, _create create_permit, _place place
) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _below     permit := _create.below;
  _owner     bigint;
  _old_owner bigint;
  _moved     bigint[];
  _unwanting bigint[];
begin
  perform lock_logins(array[_actor]);
  _owner := owner_of(_place, _actor.account);
  select n.owner into _old_owner from mailbox_name n where n.mailbox = _permit.mailbox;
  perform lock_tree(least(_owner, _old_owner));
  perform lock_tree(greatest(_owner, _old_owner));
  _moved := branches_of(_old_owner, array[_old_path]);
  perform hold_names(names_in_lists(
            _moved || branches_of(_owner, array[_place.path])
            || nearest_above(_owner, _place.path, _actor.account)));
  -- All rows that anything below locks, in one ascending pass.
  _unwanting := lock_unsubscribed(_moved);
  perform lock_mailboxes(_moved || _permit.mailbox || _below.mailbox);
  perform lock_mailbox(_permit.mailbox, array[_actor], array[_permit]);
  if not exists (select from mailbox_name n
                  where n.mailbox = _permit.mailbox and n.owner = _old_owner and n.path = _old_path) then
    raise exception using errcode = 'PR001', message = 'the mailbox has another name by now';
  end if;

  if _old_owner <> 0 and _old_path = 'INBOX' then
    return query select i.mailbox, i.modseq
                   from empty_inbox(_permit.mailbox, _actor, _create, _owner, _place.path) i;
  else
    perform check_create_permit(_actor, _create, _owner, _place.path);
    _moved := changing_hands(_moved, array[_permit.mailbox], _actor.account, _old_owner, _owner);
    if _owner not in (0, _old_owner) then
      perform begin_lists_anew(_moved, _owner, _place.path, _actor.account);
    end if;
    perform keep_unsubscribed(_unwanting, _moved, _old_path, _owner, _place.path);
    return query select t.mailbox, t.modseq
                   from move_mailboxes(_moved, _old_owner, _old_path, _owner, _place.path) t;
    perform settle_lists(_old_owner, _old_path);
    perform settle_lists(_owner, _place.path);
  end if;

  insert into activity (kind, session, account, mailbox, owner, path, other_owner, other_path)
  values (7 /* activity: rename */, _actor.session, _actor.account, _permit.mailbox, _owner, _place.path,
          _old_owner, _old_path);
end
$$;
--- renew_uid_validity
-- Gives a mailbox a new UIDVALIDITY and a mod-sequence above `_modseq`, because clients were shown what this database
-- lacks (ADR 0054). Does nothing where UIDVALIDITY is not `_uid_validity`: another node has done so. Returns what to wake
-- with, or null.
create or replace function renew_uid_validity(_mailbox bigint, _uid_validity bigint, _modseq bigint) returns bigint
language plpgsql as $$
declare
  _renewed bigint;
begin
  update mailbox m
     set uid_validity = nextval('uid_validity'),
         modseq = greatest(m.modseq, _modseq) + 1,
         -- The log tells of another mailbox, as clients see it.
         log_floor = greatest(m.modseq, _modseq) + 1
   where m.id = _mailbox and m.uid_validity = _uid_validity
  returning m.modseq into _renewed;
  if not found then
    return null;
  end if;
  delete from change c where c.mailbox = _mailbox;
  insert into change (mailbox, modseq, kind, uids) values (_mailbox, _renewed, 5 /* change: mailbox */, '{}');
  return _renewed;
end
$$;
--- replace_message
-- Adds a message to the mailbox of `_target` and removes another from that of `_source`: both or neither (RFC 8508).
create or replace function replace_message(
  _actor actor, _source permit, _target permit, _uid bigint,
  _message new_message, _envelope bytea, _structure bytea, _header bytea, _body bytea, _folded bytea,
  _private bigint, _growth growth,
  out uid_validity bigint, out uid bigint, out modseq bigint, out source_modseq bigint
)
language plpgsql as $$
#variable_conflict use_column
declare
  _content     bigint;
  _old_size    integer;
  _is_one_root boolean;
begin
  perform lock_logins(array[_actor]);
  -- The slow part comes before the locks.
  insert into content (size, sent, envelope, structure, header, body, folded)
  values (_message.size, _message.sent, _envelope, _structure, _header, _body, _folded)
  returning id into _content;

  perform lock_mailboxes(array[_source.mailbox, _target.mailbox]);
  perform lock_mailbox(_source.mailbox, array[_actor], array[_source]);
  perform lock_mailbox(_target.mailbox, array[_actor], array[_target]);
  select e.size into _old_size from entry e where e.mailbox = _source.mailbox and e.uid = _uid;
  if not found then
    raise exception using errcode = 'PR008', message = 'no such message';
  end if;

  update mailbox
     set uid_next = uid_next + 1,
         modseq = modseq + 1,
         message_count = message_count + 1,
         byte_count = byte_count + _growth.bytes,
         unseen_count = unseen_count + _growth.unseen,
         deleted_count = deleted_count + _growth.deleted
   where id = _target.mailbox
  returning uid_validity, uid_next - 1, modseq into uid_validity, uid, modseq;
  perform check_uids(replace_message.uid, 1);
  insert into entry (mailbox, uid, content, modseq, flags, internal_date, size)
  values (_target.mailbox, replace_message.uid, _content, replace_message.modseq, _message.flags,
          _message.internal_date, _message.size);
  insert into change (mailbox, modseq, kind, uids)
  values (_target.mailbox, replace_message.modseq, 1 /* change: arrived */,
          int8multirange(int8range(replace_message.uid, replace_message.uid, '[]')));
  perform flip_private(_target.mailbox, replace_message.modseq, array_agg(_actor.account), array_agg(b.flag),
                       array_agg(replace_message.uid))
     from private_flag b
    where _private & b.bit <> 0
   having count(*) > 0;
  source_modseq := discard_messages(_source.mailbox, array[_uid], _actor);

  insert into activity (kind, session, account, mailbox, owner, path, uids)
  select w.kind, _actor.session, _actor.account, n.mailbox, n.owner, n.path,
         int8multirange(int8range(w.uid, w.uid, '[]'))
    from (values (1 /* activity: append */, _target.mailbox, replace_message.uid),
                 (3 /* activity: expunge */, _source.mailbox, _uid)) as w (kind, mailbox, uid)
    join mailbox_name n on n.mailbox = w.mailbox;

  -- RFC 8508, 3.4: what counts is what is more than before.
  _is_one_root := share_quota(_source.mailbox, _target.mailbox);
  perform check_quota(_target.mailbox, not _is_one_root or _message.size > _old_size, not _is_one_root);
end
$$;
--- report_sessions
-- Notes what changed on a node since it last reported, and that it is alive. Answers whether the node was
-- not known, so that it must report everything, and which of its sessions shall end. Nodes that said
-- nothing for a minute are gone.
create or replace function report_sessions(
  _node bigint, _name text, _gone bigint[], _sessions bigint[], _accounts bigint[],
  _account_names text[], _addresses text[], _clients text[], _mailboxes bigint[], _since bigint[],
  out is_new boolean, out ending bigint[]
)
language plpgsql as $$
begin
  update node n set seen_at = clock_timestamp() where n.id = _node;
  is_new := not found;
  if is_new then
    insert into node (id, name, seen_at) values (_node, _name, clock_timestamp());
  end if;
  delete from node n where n.seen_at < clock_timestamp() - interval '1 minute';
  delete from open_session s where s.session = any (_gone);
  insert into open_session as known (
    session, node, account, account_name, address, client, mailbox, since
  )
  select r.session, _node, r.account, r.account_name, r.address, r.client, r.mailbox,
         to_timestamp(r.since)
    from unnest(_sessions, _accounts, _account_names, _addresses, _clients, _mailboxes, _since)
      as r (session, account, account_name, address, client, mailbox, since)
  on conflict (session) do update
     set client = excluded.client, mailbox = excluded.mailbox;
  ending := array(select s.session from open_session s where s.node = _node and s.is_ending);
end
$$;
--- reuse_numbers
-- Gives new keywords the numbers of those that are on no message and in no policy, as far as there are any. Whoever has
-- decided by the old names decides again (PR007), and open sessions learn the new ones (ADR 0050). A number that was given a
-- moment ago is left to whoever is about to use it. A look at all messages of the mailbox, whose lock the caller holds.
create or replace function reuse_numbers(_mailbox bigint, _names text[]) returns void
language plpgsql as $$
declare
  _used bigint;
  _free smallint[];
begin
  -- Private keywords have their bits elsewhere, so that each that the policy names counts as used.
  select n.private_flags | coalesce((select bit_or(e.flags) from entry e where e.mailbox = _mailbox), 0)
    into _used
    from mailbox_name n
   where n.mailbox = _mailbox;
  _free := array(
    select k.number
      from keyword k
      left join lateral (
             select max(r.retired_at) as at
               from retired_keyword r
              where r.mailbox = _mailbox and r.number = k.number) last on true
     where k.mailbox = _mailbox
       and _used >> (k.number + 6) & 1 = 0
       and (last.at is null or last.at < clock_timestamp() - interval '10 seconds')
     order by last.at nulls first, k.number
     limit cardinality(_names));
  if _free = '{}' then
    return;
  end if;

  insert into retired_keyword (mailbox, number, name, retired_at)
  select k.mailbox, k.number, k.name, clock_timestamp()
    from keyword k
   where k.mailbox = _mailbox and k.number = any (_free);
  update keyword k
     set name = r.name
    from unnest(_free, _names) as r (number, name)
   where k.mailbox = _mailbox and k.number = r.number;
  perform touch_mailboxes(array[_mailbox]);
  update mailbox_name n
     set policy_version = m.rights_version
    from mailbox m
   where n.mailbox = _mailbox and m.id = _mailbox;
end
$$;
--- rights_of
-- The rights of `_account` on `_mailbox`, by the rules of acl::effective (a property test compares both),
-- because they must be asked under the mailbox's lock. Null where either is not there, and for an account
-- that is disabled: what its open sessions still write is refused. Entries are looked up, however long
-- the list is.
create or replace function rights_of(_account bigint, _mailbox bigint) returns smallint
language plpgsql stable as $$
begin
  return (select (coalesce(bit_or(e.rights) filter (where not e.is_negative), 0::smallint)
                  & ~coalesce(bit_or(e.rights) filter (where e.is_negative), 0::smallint)
                  -- l, a, k and x for owners, and for site administrators where nobody owns; l and a for
                  -- site administrators elsewhere.
                  | case when n.owner = a.id or n.owner = 0 and a.is_admin then 1217 /* rights: lkxa */
                         when a.is_admin then 1025 /* rights: la */
                         else 0 end)::smallint
            from account a
            join mailbox_name n on n.mailbox = _mailbox
            left join entries_naming(_mailbox, identifiers_of(_account) || 'owner'::text) e
                   on (e.identifier <> 'owner' or n.owner = a.id)
                  and (e.identifier not in ('anyone', 'authenticated')
                       or n.domain in ('', domain_of(a.name)))
           where a.id = _account
             and not a.is_disabled
           group by a.id, n.owner);
end
$$;
--- set_annotations
-- Sets annotations of a mailbox: all of them or none. Without a value the flag policy is again what it is at first.
-- Returns the mailbox's mod-sequence, and whether it is new. `_limit` is for write_annotations.
create or replace function set_annotations(
  _actor actor, _permit permit, _entries text[], _values bytea[], _limit integer,
  out modseq bigint, out is_changed boolean
)
language plpgsql as $$
#variable_conflict use_column
declare
  _before bigint;
  _policy text;
begin
  perform lock_logins(array[_actor]);
  select l.modseq
    into _before
    from lock_mailbox(_permit.mailbox, array[_actor], array[_permit]) l;

  update mailbox_name n
     set special_use = convert_from(w.value, 'UTF8')
    from unnest(_entries, _values) as w (entry, value)
   where n.mailbox = _permit.mailbox
     and w.entry = '/private/specialuse';
  modseq := _before;
  for _policy in
    select convert_from(w.value, 'UTF8')
      from unnest(_entries, _values) as w (entry, value)
     where w.entry = '/shared/vendor/postroom/flags/private'
  loop
    modseq := set_private_flags(
      _permit.mailbox,
      case when _policy is null then 8 /* flag: seen */
           else private_flag_bits(_permit.mailbox, string_to_array(_policy, ' '))
      end);
  end loop;
  perform write_annotations(
            _permit.mailbox, _actor.account, array_agg(w.entry), array_agg(w.value), _limit)
     from unnest(_entries, _values) as w (entry, value)
    where w.entry not in ('/private/specialuse', '/shared/vendor/postroom/flags/private');
  is_changed := modseq <> _before;

  -- What somebody notes for himself is nobody else's business.
  insert into activity (kind, session, account, mailbox, owner, path, detail)
  select 10 /* activity: metadata */, _actor.session, _actor.account, n.mailbox, n.owner, n.path, shared.entries
    from mailbox_name n
   cross join (
         select string_agg(e, ' ') as entries
           from unnest(_entries) e
          where starts_with(e, '/shared/') or e = '/private/specialuse') as shared
   where n.mailbox = _permit.mailbox
     and shared.entries is not null;
end
$$;
--- set_disabled
-- Closes an account, or opens it again; whoever is logged in there writes nothing more.
create or replace function set_disabled(_account bigint, _is_disabled boolean) returns void
language plpgsql as $$
declare
  _name text;
begin
  perform lock_login_alone(_account);
  update account a
     set is_disabled = _is_disabled,
         password_version = a.password_version + (a.is_disabled <> _is_disabled)::integer
   where a.id = _account
  returning a.name into _name;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such account';
  end if;
  insert into activity (kind, detail)
  values (16 /* activity: account */, _name || case when _is_disabled then ' disabled' else ' enabled' end);
end
$$;
--- set_domain_of_owner
-- Keeps a mailbox in its owner's domain, also after a RENAME between trees.
create or replace function set_domain_of_owner() returns trigger
language plpgsql as $$
begin
  if new.owner <> 0 then
    new.domain := (select domain_of(a.name) from account a where a.id = new.owner);
  end if;
  return new;
end
$$;

create or replace trigger domain_of_owner before insert or update of owner on mailbox_name
  for each row execute function set_domain_of_owner();
--- set_password
-- Gives an account another password, or none; whoever is logged in by the old one writes nothing more.
create or replace function set_password(_account bigint, _password_hash text) returns void
language plpgsql as $$
declare
  _name text;
begin
  perform lock_login_alone(_account);
  update account a
     set password_hash = _password_hash, password_version = a.password_version + 1
   where a.id = _account
  returning a.name into _name;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such account';
  end if;
  insert into activity (kind, detail) values (16 /* activity: account */, _name || ' has another password');
end
$$;
--- set_private_flags
-- Makes these flags private and no others; returns the mailbox's mod-sequence afterwards. The caller holds
-- the mailbox's lock and has checked the rights.
create or replace function set_private_flags(_mailbox bigint, _private bigint) returns bigint
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
--- set_quota
-- Sets the limits of a root, and makes it where there is none: all mailboxes at its place and below belong
-- to it, but for those of a root that begins further down. `_detail` is for the record of activity.
create or replace function set_quota(
  _actor actor, _name text, _owner bigint, _path text,
  _storage_limit bigint, _message_limit bigint, _mailbox_limit bigint, _detail text
) returns void
language plpgsql as $$
declare
  _root bigint;
begin
  perform lock_logins(array[_actor]);
  perform check_logins(array[_actor]);
  perform lock_tree(_owner);
  -- An account of that name may have gone, and another come.
  delete from quota_root q
   where q.name = _name and q.owner <> _owner
     and not exists (select from mailbox_name n where n.quota_root = q.id);
  insert into quota_root as q (name, owner, path, storage_limit, message_limit, mailbox_limit)
  values (_name, _owner, _path, _storage_limit, _message_limit, _mailbox_limit)
  on conflict (owner, path) do update
     set storage_limit = excluded.storage_limit,
         message_limit = excluded.message_limit,
         mailbox_limit = excluded.mailbox_limit
  returning q.id into _root;
  update mailbox_name n
     set quota_root = _root
   where n.owner = _owner
     and (_path = '' or n.path = _path or n.path >= _path || '/' and n.path < _path || '0')
     and n.quota_root is distinct from _root
     and not exists (select from quota_root inside
                      where inside.id = n.quota_root
                        and inside.owner = _owner
                        and length(inside.path) > length(_path));
  insert into activity (kind, session, account, detail)
  values (10 /* activity: metadata */, _actor.session, _actor.account, _detail);
end
$$;
--- set_server_annotations
-- Sets annotations of the server: all of them or none. Those that all share are for site administrators to write.
create or replace function set_server_annotations(
  _actor actor, _entries text[], _values bytea[], _limit integer
) returns void
language plpgsql as $$
declare
  _shared text := (select string_agg(e, ' ') from unnest(_entries) e where starts_with(e, '/shared/'));
begin
  perform lock_logins(array[_actor]);
  perform check_logins(array[_actor]);
  -- One writer at a time, so that the bound holds.
  perform pg_advisory_xact_lock(hashtext('postroom server annotations'), 0);
  if _shared is not null
     and (select a.is_admin from account a where a.id = _actor.account) is not true then
    raise exception using errcode = 'PR002', message = 'for site administrators', detail = '1';
  end if;
  perform write_annotations(null, _actor.account, _entries, _values, _limit);
  if _shared is not null then
    insert into activity (kind, session, account, detail)
    values (10 /* activity: metadata */, _actor.session, _actor.account, _shared);
  end if;
end
$$;
--- settle_lists
-- After names have changed at a place: mailboxes there and below whose list is neither their own nor that of what is above
-- them by now keep what they had, by a copy. So nobody gains or loses a right by a change of names. The caller holds the
-- lock of the tree, and the names in the lists.
create or replace function settle_lists(_owner bigint, _path text) returns void
language plpgsql as $$
declare
  _mailbox bigint;
begin
  for _mailbox in
    select n.mailbox
      from mailbox_name n
     where n.mailbox = any (branches_of(_owner, array[_path]))
       and n.list_of <> n.mailbox
     order by levels_of(n.path)
  loop
    perform own_list(n.mailbox)
       from mailbox_name n
      where n.mailbox = _mailbox
        and n.list_of is distinct from list_above(_owner, n.path);
  end loop;
end
$$;
--- share_quota
-- Whether what goes from one mailbox to the other takes no room.
create or replace function share_quota(_one bigint, _other bigint) returns boolean
language plpgsql stable as $$
begin
  return (select count(distinct coalesce(n.quota_root, 0)) = 1
            from mailbox_name n
           where n.mailbox in (_one, _other));
end
$$;
--- subscribe
-- Subscribes an account to a name. What is subscribed already stays so.
create or replace function subscribe(_actor actor, _place place) returns void
language plpgsql as $$
declare
  _owner bigint := owner_of(_place, _actor.account);
begin
  perform lock_logins(array[_actor]);
  perform check_logins(array[_actor]);
  if _owner is null then
    raise exception using errcode = 'PR001', message = 'no such account';
  end if;
  insert into subscription (account, owner, path)
  values (_actor.account, _owner, _place.path)
  on conflict (account, owner, path) do update
     set is_wanted = true;
end
$$;
--- touch_groups
-- Makes sessions of whoever reaches a mailbox through these groups ask anew. Returns what to wake them with.
create or replace function touch_groups(_groups bigint[]) returns table (mailbox bigint, modseq bigint)
language sql as $$
  select t.mailbox, t.modseq
    from touch_mailboxes(array(
           select distinct n.mailbox
             from user_group g
             join acl_entry e on e.identifier = 'group:' || g.name
             join mailbox_name n on n.list_of = e.mailbox
            where g.id = any (_groups))) t
$$;
--- touch_mailboxes
-- Makes open sessions ask anew what they may do, on every node. Returns what to wake them with.
create or replace function touch_mailboxes(_mailboxes bigint[]) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
begin
  perform lock_mailboxes(_mailboxes);
  return query
    with touched as (
      update mailbox m
         set rights_version = m.rights_version + 1, modseq = m.modseq + 1
       where m.id = any (_mailboxes)
      returning m.id, m.modseq
    ), logged as (
      insert into change (mailbox, modseq, kind, uids)
      select t.id, t.modseq, 5 /* change: mailbox */, '{}' from touched t
    )
    select t.id, t.modseq from touched t;
end
$$;
--- transfer_messages
-- Does the work of copy_messages. The caller holds the locks of both mailboxes and has checked the rights.
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

  -- What is not allowed is taken away first: keywords that no message brings get no numbers in the target.
  _seen := translate_keywords(_source, _target,
                              array(select f.flags & _allowed
                                      from unnest(_seen) with ordinality as f (flags, place)
                                     order by f.place));

  update mailbox m
     set uid_next = m.uid_next + new.messages,
         modseq = m.modseq + 1,
         message_count = m.message_count + new.messages,
         byte_count = m.byte_count + new.bytes,
         unseen_count = m.unseen_count + new.unseen,
         deleted_count = m.deleted_count + new.deleted
    from (select count(*) as messages, sum(n.size) as bytes,
                 count(*) filter (where n.flags & ~_target_private & 8 /* flag: seen */ = 0) as unseen,
                 count(*) filter (where n.flags & 4 /* flag: deleted */ <> 0) as deleted
            from unnest(_sizes, _seen) as n (size, flags)) as new
   where m.id = _target
  returning m.uid_validity, m.uid_next - new.messages, m.modseq
       into _validity, _first, _next;
  perform check_uids(_first, cardinality(_sources));

  insert into entry (mailbox, uid, content, modseq, flags, internal_date, size)
  select _target, _first + n.place - 1, n.content, _next, n.flags & ~_target_private,
         n.internal_date, n.size
    from unnest(_contents, _seen, _dates, _sizes) with ordinality
      as n (content, flags, internal_date, size, place);

  insert into change (mailbox, modseq, kind, uids)
  values (_target, _next, 1 /* change: arrived */, int8multirange(int8range(_first, _first + cardinality(_sources))));

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
--- translate_keywords
-- The flags of one mailbox as another numbers them. Keywords for which the other has no room are lost.
-- The caller holds the lock of `_target`.
create or replace function translate_keywords(_source bigint, _target bigint, _flags bigint[]) returns bigint[]
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
    select f.flags & 63 /* flag: system */
           | coalesce((select bit_or(p.new) from unnest(_from, _to) as p (old, new)
                        where f.flags & p.old <> 0), 0)
      from unnest(_flags) with ordinality as f (flags, place)
     order by f.place);
end
$$;
--- trim_activity
-- Forgets what was done before a moment, the names of keywords in that, and sessions of which nothing is left; makes the partitions of the months to
-- come.
create or replace function trim_activity(_before timestamptz) returns void
language plpgsql as $$
begin
  perform add_activity_partitions();
  delete from activity a where a.at < _before;
  delete from retired_keyword k where k.retired_at < _before;
  delete from origin o
   where o.begun_at < _before
     and not exists (select from activity a where a.session = o.session);
end
$$;
--- trim_changes
-- Forgets what one mailbox logged before a moment.
create or replace function trim_changes(_mailbox bigint, _before timestamptz) returns void
language plpgsql as $$
declare
  _floor bigint;
begin
  perform m.id from mailbox m where m.id = _mailbox for no key update;
  select max(c.modseq)
    into _floor
    from change c
   where c.mailbox = _mailbox and c.at < _before;
  delete from change c where c.mailbox = _mailbox and c.modseq <= _floor;
  update mailbox m
     set log_floor = greatest(m.log_floor, _floor)
   where m.id = _mailbox;
end
$$;
--- unite_flags
-- Makes private flags shared. Set is then what anybody saw set, or what all began with; every message
-- that looks different to anybody has changed.
create or replace function unite_flags(_mailbox bigint, _modseq bigint, _flags bigint) returns void
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
     set unseen_count = (select count(*) from entry e where e.mailbox = _mailbox and e.flags & 8 /* flag: seen */ = 0)
   where m.id = _mailbox;
  insert into change (mailbox, modseq, kind, uids)
  select _mailbox, _modseq, 2 /* change: flags */, range_agg(int8range(u.uid, u.uid, '[]'))
    from unnest(_uids) as u (uid);
end
$$;
--- unsubscribe
-- Forgets a subscription. An INBOX, and what exists in another's tree, stays unwanted.
create or replace function unsubscribe(_actor actor, _place place) returns void
language plpgsql as $$
declare
  _owner bigint := owner_of(_place, _actor.account);
begin
  perform lock_logins(array[_actor]);
  perform check_logins(array[_actor]);
  delete from subscription s
   where s.account = _actor.account and s.owner = _owner and s.path = _place.path;
  insert into subscription (account, owner, path, is_wanted)
  select _actor.account, n.owner, n.path, false
    from mailbox_name n
   where n.owner = _owner and n.path = _place.path and (n.owner <> _actor.account or n.path = 'INBOX')
  on conflict (account, owner, path) do nothing;
end
$$;
--- user_hash
-- What stands for a user's name in `wrong_password`: what was typed may be a password in the wrong field.
create or replace function user_hash(_name text) returns bytea
language sql stable as $$
  select sha256(k.key || convert_to(_name, 'UTF8')) from object_key k
$$;
--- write_annotations
-- Sets annotations, or removes those whose value is null: all of them or none. `_limit` bounds how many
-- all share, and how many the account has for itself. The caller has checked the rights.
create or replace function write_annotations(
  _mailbox bigint, _account bigint, _entries text[], _values bytea[], _limit integer
) returns void
language plpgsql as $$
begin
  delete from annotation a
   using unnest(_entries, _values) as w (entry, value)
   where coalesce(a.mailbox, 0) = coalesce(_mailbox, 0)
     and coalesce(a.account, 0) = case when starts_with(w.entry, '/private/') then _account else 0 end
     and a.entry = w.entry
     and w.value is null;
  insert into annotation (mailbox, account, entry, value)
  select _mailbox, case when starts_with(w.entry, '/private/') then _account end, w.entry, w.value
    from unnest(_entries, _values) as w (entry, value)
   where w.value is not null
  on conflict (coalesce(mailbox, 0), coalesce(account, 0), entry) do update
     set value = excluded.value;
  if exists (select from annotation a
              where coalesce(a.mailbox, 0) = coalesce(_mailbox, 0)
                and coalesce(a.account, 0) in (0, _account)
              group by a.account
             having count(*) > _limit) then
    raise exception using errcode = 'PR006', message = 'there are too many annotations';
  end if;
end
$$;
--- write_digest
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
--- write_snapshot
-- Replaces a mailbox's snapshot, unless the mailbox is gone, a newer snapshot is there, or somebody else is
-- at it.
create or replace function write_snapshot(
  _mailbox bigint, _modseq bigint, _uid_next bigint, _segments bytea[]
) returns void
language plpgsql as $$
begin
  if not pg_try_advisory_xact_lock(hashtext('postroom snapshot'), hashint8(_mailbox)) then
    return;
  end if;
  perform m.id from mailbox m where m.id = _mailbox for key share;
  if not found or exists (select from snapshot s where s.mailbox = _mailbox and s.modseq >= _modseq) then
    return;
  end if;
  delete from snapshot s where s.mailbox = _mailbox;
  insert into snapshot (mailbox, segment, modseq, uid_next, messages)
  select _mailbox, s.place - 1, _modseq, _uid_next, s.messages
    from unnest(_segments) with ordinality as s (messages, place);
end
$$;
