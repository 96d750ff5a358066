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
), touched as (
  select array_agg(e.uid order by e.uid) as uids,
         array_agg(e.modseq order by e.uid) as modseqs,
         array_agg(e.flags order by e.uid) as flags,
         array_agg(e.content order by e.uid) as contents,
         array_agg(e.size order by e.uid) as sizes,
         array_agg(e.internal_date order by e.uid) as dates
    from (select range_agg(n.uids) as uids from news n where n.kind in (1, 2)) t,
         unnest(t.uids) r
    join entry e on e.mailbox = $1 and e.uid >= lower(r) and e.uid < upper(r)
), chunk as (
  select array_agg(f.account) as accounts, array_agg(f.flag) as flags,
         array_agg(f.chunk) as numbers, array_agg(bit_send(f.bits)) as bits
    from (select distinct n.account, number::integer as number
            from news n, unnest(n.uids) r,
                 generate_series(lower(r) / 8192, (upper(r) - 1) / 8192) as number
           where n.kind = 4) c
    join user_flags f
      on f.account = c.account and f.mailbox = $1 and f.flag in (0, 1, 3, 4) and f.chunk = c.number
)
select b.modseq, b.uid_next, b.rights_version, b.log_floor,
       array(select n.modseq from news n order by n.modseq, n.kind, n.account) as "change_modseqs!",
       array(select n.kind from news n order by n.modseq, n.kind, n.account) as "change_kinds!",
       array(select n.account from news n order by n.modseq, n.kind, n.account) as "change_accounts!",
       array(select n.uids::text from news n order by n.modseq, n.kind, n.account) as "change_uids!",
       t.uids as "uids?", t.modseqs as "modseqs?", t.flags as "flags?",
       t.contents as "contents?", t.sizes as "sizes?", t.dates as "dates?",
       c.accounts as "chunk_accounts?", c.flags as "chunk_flags?",
       c.numbers as "chunk_numbers?", c.bits as "chunk_bits?",
       case when exists (select from keyword k where k.mailbox = $1 and k.number >= $3)
            then array(select k.name from keyword k where k.mailbox = $1 order by k.number)
       end as "keywords?"
  from box b, touched t, chunk c
