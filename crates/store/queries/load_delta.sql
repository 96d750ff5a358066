-- What happened in a mailbox after mod-sequence $2, as $4 (0: everybody, and who watches) see it. One
-- statement, so one moment: the highest mod-sequence and the rows belong together.
with box as (
  select m.id, m.modseq, m.uid_next, m.rights_version, m.log_floor
    from mailbox m
   where m.id = $1
), news as materialized (
  select c.modseq, c.kind, c.account, c.uids
    from change c
   where c.mailbox = $1
     and c.modseq > $2
     and c.account = any ($4)
), log as (
  select coalesce(array_agg(n.modseq order by n.modseq, n.kind, n.account), '{}') as modseqs,
         coalesce(array_agg(n.kind order by n.modseq, n.kind, n.account), '{}') as kinds,
         coalesce(array_agg(n.account order by n.modseq, n.kind, n.account), '{}') as accounts,
         coalesce(array_agg(n.uids::text order by n.modseq, n.kind, n.account), '{}') as uids
    from news n
), touched as (
  select array_agg(e.uid order by e.uid) as uids,
         array_agg(e.modseq order by e.uid) as modseqs,
         array_agg(e.flags order by e.uid) as flags,
         array_agg(e.content order by e.uid) as contents,
         array_agg(e.size order by e.uid) as sizes,
         array_agg(e.internal_date order by e.uid) as dates,
         array_agg(e.uid) filter (where e.flags & 32 /* flag: rare */ <> 0) as with_rare
    from (select range_agg(n.uids) as uids from news n where n.kind in (1 /* change: arrived */, 2 /* change: flags */)) t,
         unnest(t.uids) r
   -- Not a join, which would walk through the whole mailbox.
   cross join lateral (
         select e.uid, e.modseq, e.flags, e.content, e.size, e.internal_date
           from entry e
          where e.mailbox = $1 and e.uid >= lower(r) and e.uid < upper(r)
         offset 0) e
), rare as (
  -- Keywords without a bit, of those messages whose flags say that they have some.
  select array_agg(k.uid order by k.uid, k.number) as uids, array_agg(k.number order by k.uid, k.number) as numbers
    from touched t, unnest(t.with_rare) as e (uid)
   cross join lateral (
         select k.uid, unnest(k.numbers) as number
           from entry_keyword k
          where k.mailbox = $1 and k.uid = e.uid
         offset 0) k
), piece as (
  -- What everybody began with (account 0), and where the account has the opposite of it.
  select c.account, f.flag, f.chunk, bit_xor(f.bits) as bits
    from (select distinct w.account, number::integer as number
            from news n, unnest($4::bigint[]) as w (account), unnest(n.uids) r,
                 generate_series(lower(r) / 8192, (upper(r) - 1) / 8192) as number
           where n.kind = 4 /* change: private */
             and n.account in (0, w.account)
             and w.account <> 0) c
    join user_flags f
      on f.account in (0, c.account) and f.mailbox = $1 and f.chunk = c.number
     and f.flag = any (array(select p.flag
                               from mailbox_name n
                               join private_flag p on p.bit & n.private_flags <> 0
                              where n.mailbox = $1))
   group by c.account, f.flag, f.chunk
), chunk as (
  select array_agg(p.account) as accounts, array_agg(p.flag) as flags,
         array_agg(p.chunk) as numbers, array_agg(bit_send(p.bits)) as bits
    from piece p
)
select b.modseq, b.uid_next, b.rights_version, b.log_floor,
       l.modseqs as "change_modseqs!", l.kinds as "change_kinds!",
       l.accounts as "change_accounts!", l.uids as "change_uids!",
       t.uids as "uids?", t.modseqs as "modseqs?", t.flags as "flags?",
       t.contents as "contents?", t.sizes as "sizes?", t.dates as "dates?",
       r.uids as "rare_uids?", r.numbers as "rare_numbers?",
       c.accounts as "chunk_accounts?", c.flags as "chunk_flags?",
       c.numbers as "chunk_numbers?", c.bits as "chunk_bits?",
       -- More than were known, or perhaps others under their numbers.
       case when exists (select from keyword k where k.mailbox = $1 and k.number >= $3)
              or exists (select from news n where n.kind = 5 /* change: mailbox */)
            then array(select k.name from keyword k where k.mailbox = $1 order by k.number)
       end as "keywords?"
  from box b, log l, touched t, rare r, chunk c
