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
