-- Edits the flags of messages, and logs that. Bit 5 of what an edit adds means that all keywords without a bit go (ADR
-- 0055). A private flag is the bit of account 0, with which everybody began, turned
-- by the account's own bit. What is so already is left alone. Returns the mailbox's mod-sequence afterwards, whether
-- that is new, and the messages that changed for all; null where none did. The caller holds the mailbox's lock.
create or replace function change_flags(
  _mailbox bigint, _edits flag_edit[], _private_edits private_flag_edit[],
  out modseq bigint, out is_changed boolean, out edited int8multirange
)
language plpgsql as $$
#variable_conflict use_column
declare
  _edit             flag_edit;
  _is_written       boolean := false;
  _uids             bigint[];
  _places           tid[];
  _flags            bigint[];
  _cleared          bigint[];
  _unseen           bigint;
  _deleted          bigint;
  _touched          bigint;
  _touched_flags    integer[];
  _flipped_accounts bigint[];
  _flipped_flags    integer[];
  _flipped_uids     bigint[];
  _is_wide          boolean;
  _flipped_chunks   integer[];
  _flipped_bits     bit(8192)[];
begin
  if cardinality(_edits) = 1 then
    -- Where one flag is set or taken away, whatever changes did not have it or had it, and need not be looked at before.
    _edit := _edits[1];
    _touched := (~_edit.keep | _edit.add) & ~32::bigint;
    _is_written := _edit.add & 32 = 0 and (
      _touched & (8 /* flag: seen */ | 4 /* flag: deleted */) = 0
      or _touched in (8 /* flag: seen */, 4 /* flag: deleted */));
  end if;
  if _is_written then
    with edited as (
      update entry e
         set flags = (e.flags & (_edit.keep | 32)) | _edit.add,
             modseq = (select m.modseq + 1 from mailbox m where m.id = _mailbox)
       where e.mailbox = _mailbox and e.uid >= _edit.low and e.uid <= _edit.high
         and (e.flags & (_edit.keep | 32)) | _edit.add <> e.flags
      returning e.uid
    )
    select array_agg(e.uid) into _uids from edited e;
    _unseen := case when _touched = 8 /* flag: seen */
                    then case when _edit.add = 0 then 1 else -1 end * cardinality(_uids) end;
    _deleted := case when _touched = 4 /* flag: deleted */
                     then case when _edit.add = 0 then -1 else 1 end * cardinality(_uids) end;
  elsif cardinality(_edits) > 0 then
    select array_agg(e.uid), array_agg(e.place), array_agg(e.edited),
           array_agg(e.uid) filter (where e.flags & ~e.edited & 32 /* flag: rare */ <> 0),
           sum((e.flags >> 3 & 1) - (e.edited >> 3 & 1)),
           sum((e.edited >> 2 & 1) - (e.flags >> 2 & 1))
      into _uids, _places, _flags, _cleared, _unseen, _deleted
      from unnest(_edits) as r
     cross join lateral (
           select e.uid, e.ctid as place, e.flags,
                  (e.flags & (r.keep | (~r.add & 32 /* flag: rare */))) | (r.add & ~32::bigint) as edited
             from entry e
            where e.mailbox = _mailbox and e.uid >= r.low and e.uid <= r.high
           offset 0) e
     where e.edited <> e.flags;
  end if;

  if cardinality(_private_edits) > 0 then
    -- A message costs a look at its entry, a chunk of them a few operations on its bits.
    select bit_or(~r.keep | r.add), sum(r.high - r.low + 1) >= 16 * count(*)
      into _touched, _is_wide
      from unnest(_private_edits) as r;
    _touched_flags := array(select b.flag from private_flag b where b.bit & _touched <> 0);
  end if;
  if _is_wide then
    select array_agg(f.account), array_agg(f.flag), array_agg(f.chunk), array_agg(f.bits)
      into _flipped_accounts, _flipped_flags, _flipped_chunks, _flipped_bits
      from wide_flips(_mailbox, _private_edits, _touched_flags) f;
  elsif cardinality(_private_edits) > 0 then
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

  is_changed := _uids is not null or _flipped_accounts is not null;
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

  if _cleared is not null then
    delete from entry_keyword k where k.mailbox = _mailbox and k.uid = any (_cleared);
  end if;
  if _places is not null then
    -- Nobody else writes entries of a mailbox that is locked, so that they are where they were found.
    update entry e
       set flags = c.flags, modseq = change_flags.modseq
      from (select c.place, c.flags
              from unnest(_places, _flags) as c (place, flags)
             limit cardinality(_places)) c
     where e.mailbox = _mailbox and e.ctid = c.place;
  end if;
  if _uids is not null then
    edited := ranges_of(_uids);
    insert into change (mailbox, modseq, kind, uids)
    values (_mailbox, change_flags.modseq, 2 /* change: flags */, edited);
  end if;
  if _flipped_bits is not null then
    perform turn_private(
              _mailbox, change_flags.modseq, _flipped_accounts, _flipped_flags, _flipped_chunks, _flipped_bits);
  elsif _flipped_uids is not null then
    perform flip_private(_mailbox, change_flags.modseq, _flipped_accounts, _flipped_flags, _flipped_uids);
  end if;
end
$$;
