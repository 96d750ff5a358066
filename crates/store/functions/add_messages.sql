-- Adds the messages of several writers, appended or delivered, all of them or none. UIDs are consecutive, in the order of
-- `_messages`; `_parts` are the places, from 0, of each writer's messages. What a message consists of stands in lists of its
-- own, because large values are copied once less so; where it is stored already, `_shared` has its content at that place, and
-- is shorter where nothing follows. Returns UIDVALIDITY, the first UID, the mailbox's new mod-sequence, the contents,
-- what else to wake, where messages are answered by these (`_answers`), and whether nothing
-- else was done in the mailbox: copies of sent mail (`_copies`) make room for what their senders file themselves. Refuses, in this order, with PR011 (a content is gone), PR001 (no such mailbox), PR002 (a
-- login or a right was withdrawn), PR007 (other flags are private now than when the permit was given), PR041 (no UID left),
-- PR010 (delivered already) and PR009 (over quota). The details of PR002, PR007, PR010 and PR011 are the places of those
-- writers, from 1; those of PR009 are by how many bytes and messages. What `_growth` says is the caller's to know, and that the
-- permits are for `_mailbox`; whoever delivers may have one for the mailbox that the letter is addressed to. The types are in
-- migrations/0009_functions.sql, 0022_addresses.sql and 0023_message_ids.sql.
create or replace function add_messages(
  _mailbox bigint, _actors actor[], _permits permit[], _parts int8range[],
  _messages new_message[], _envelopes bytea[], _structures bytea[], _headers bytea[], _bodies bytea[],
  _folded bytea[], _marks private_mark[], _growth growth, _shared bigint[], _deliveries delivery[],
  _message_ids bigint[], _answers answer[], _copies sent_copy[],
  out uid_validity bigint, out first_uid bigint, out modseq bigint, out contents bigint[],
  out answered bigint[], out answered_modseqs bigint[], out is_alone boolean
)
language plpgsql as $$
#variable_conflict use_column
declare
  _contents       bigint[];
  _rights_version bigint;
  _owner          bigint;
  _path           text;
  _quota_root     bigint;
  _is_team_sent   boolean;
  _taken_back     bigint;
  _addressed      bigint[] := '{}';
begin
  is_alone := true;
  -- Until the commit nobody can end these logins. Comes before every other lock.
  perform lock_logins(_actors);
  perform foresee_quota(_mailbox, _growth, _actors, _permits);
  if cardinality(_shared) > 0 then
    perform hold_contents(_shared, _parts);
  end if;

  -- The slow part comes before the lock. In the select list, unnest does not copy large values to disk.
  with added as (
    insert into content (size, sent, envelope, structure, header, body, folded, message_id)
    select (m.message).size, (m.message).sent, m.envelope, m.structure, m.header, m.body, m.folded, m.message_id
      from (select unnest(_messages) as message, unnest(_envelopes) as envelope,
                   unnest(_structures) as structure, unnest(_headers) as header,
                   unnest(_bodies) as body, unnest(_folded) as folded, unnest(_shared) as shared,
                   unnest(_message_ids) as message_id) m
     where m.shared is null
    returning id
  )
  -- One insert takes its ids in the order of its rows.
  select array_agg(id order by id) into _contents from added;
  if cardinality(_shared) > 0 then
    select array_agg(coalesce(m.shared, _contents[m.nth]) order by m.place)
      into _contents
      from (select s.shared, s.place, count(*) filter (where s.shared is null) over (order by s.place) as nth
              from unnest(_messages, _shared) with ordinality as s (size, sent, internal_date, flags, shared, place)) m;
  end if;
  contents := _contents;
  if cardinality(_deliveries) > 0 then
    -- Letters that are filed elsewhere than where they are addressed to: that list, too, holds until the commit.
    _addressed := array(select p.mailbox from unnest(_permits) p where p.mailbox <> _mailbox);
  end if;
  if cardinality(_answers) > 0
     and exists (select from mailbox_name n where n.mailbox = _mailbox and n.owner = 0 and n.special_use = '\Sent') then
    answered := lock_answered(_mailbox, _addressed, array(select a.message_id from unnest(_answers) a));
  elsif _addressed <> '{}' then
    perform lock_mailboxes(_addressed || _mailbox);
  end if;

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
  if cardinality(_deliveries) > 0 then
    perform mark_deliveries(_mailbox, _deliveries, _parts);
  end if;
  if cardinality(_copies) > 0 then
    perform check_sent_copies(_mailbox, _copies, _message_ids, _actors, _parts);
  end if;

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

  if cardinality(_copies) > 0 then
    perform note_sent_copies(_mailbox, modseq, first_uid, _copies, _message_ids);
  end if;
  select n.owner, n.path, n.quota_root, n.owner = 0 and n.special_use = '\Sent'
    into _owner, _path, _quota_root, _is_team_sent
    from mailbox_name n
   where n.mailbox = _mailbox;
  if cardinality(_deliveries) = 0 then
    insert into activity (kind, session, account, mailbox, owner, path, uids)
    select 1 /* activity: append */, w.session, w.account, _mailbox, _owner, _path,
           int8multirange(int8range(first_uid + lower(w.part), first_uid + upper(w.part)))
      from unnest(_actors, _parts) as w (account, session, logins, part);
  else
    insert into activity (kind, session, account, mailbox, owner, path, uids, detail)
    select case when d.place is null then 1 /* activity: append */ else 14 /* activity: delivery */ end,
           w.session, nullif(w.account, 0), _mailbox, _owner, _path,
           int8multirange(int8range(first_uid + lower(w.part), first_uid + upper(w.part))), d.detail
      from unnest(_actors, _parts) with ordinality as w (account, session, logins, part, nth)
      left join unnest(_deliveries) d on d.place = lower(w.part)
     order by w.nth;
  end if;
  if _is_team_sent then
    _taken_back := take_back_copies(_mailbox, _copies, _message_ids, _actors[1]);
    is_alone := _taken_back is null;
    modseq := coalesce(_taken_back, modseq);
  end if;
  if answered <> '{}' then
    select array_agg(m.mailbox), array_agg(m.modseq)
      into answered, answered_modseqs
      from mark_answered(_mailbox, answered, _answers, _actors, _parts) m;
  end if;
  if _quota_root is not null then
    -- Last, as it locks the quota root: whatever is over a limit now takes all of the above back.
    perform check_quota(_mailbox, true, true);
  end if;
end
$$;
