-- Where the message with this number of a Message-ID is or was, if one is asked for, and from where it came there.
with recursive found (mailbox, uid) as materialized (
  select e.mailbox, e.uid
    from content c
    join entry e on e.content = c.id
   where c.message_id = $7::bigint
   union
  select g.mailbox, g.uid
    from content c
    join garbage g on g.content = c.id
   where c.message_id = $7
), place (mailbox, uid) as (
  select f.mailbox, f.uid from found f
   union
  select t.other_mailbox, was.uid
    from place p
    join activity t on t.mailbox = p.mailbox and t.uids @> p.uid and t.other_uids is not null
   cross join lateral (
          select u.uid
            from unnest(t.other_uids) r, generate_series(lower(r), upper(r) - 1) as u (uid)
           order by u.uid
          offset p.uid - lower(t.uids)
           limit 1) was
)
select a.id as "number!", to_char(a.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "at!", a.kind as "kind!",
       a.session as "session?", coalesce(o.account_name, who.name) as "actor?",
       o.login_name as "login_name?", o.token_name as "token_name?", o.node as "node?", o.address as "address?",
       o.client as "client?", a.mailbox as "mailbox?", a.owner as "owner?", owner.name as "owner_name?", a.path as "path?",
       a.other_owner as "other_owner?",
       other.name as "other_owner_name?", a.other_path as "other_path?", a.uids::text as "uids?",
       a.flags_set as "flags_set?", a.flags_cleared as "flags_cleared?",
       a.keywords_set as "keywords_set?", a.keywords_cleared as "keywords_cleared?",
       -- As they were called then.
       array(select coalesce((select r.name
                                from retired_keyword r
                               where r.mailbox = k.mailbox and r.number = k.number and r.retired_at > a.at
                               order by r.retired_at
                               limit 1), k.name)
               from keyword k
              where k.mailbox = a.mailbox and a.flags_set is not null
              order by k.number) as "keywords!",
       a.detail as "detail?"
  from (select a.id, a.at, a.kind, a.session, a.account, a.mailbox, a.owner, a.path, a.other_owner,
               a.other_path, a.uids, a.flags_set, a.flags_cleared, a.keywords_set, a.keywords_cleared, a.detail
          -- Three ways, so that one plan serves all: two have an index.
          from (select m.id, m.at, m.kind, m.session, m.account, m.mailbox, m.owner, m.path,
                       m.other_owner, m.other_path, m.uids, m.flags_set, m.flags_cleared, m.keywords_set, m.keywords_cleared,
                       m.detail
                  from activity m
                 where m.mailbox = $1::bigint
                   and $7 is null
                 union all
                select e.id, e.at, e.kind, e.session, e.account, e.mailbox, e.owner, e.path,
                       e.other_owner, e.other_path, e.uids, e.flags_set, e.flags_cleared, e.keywords_set, e.keywords_cleared,
                       e.detail
                  from activity e
                 where $1 is null
                   and $7 is null
                 union all
                select t.id, t.at, t.kind, t.session, t.account, t.mailbox, t.owner, t.path,
                       t.other_owner, t.other_path, t.uids, t.flags_set, t.flags_cleared, t.keywords_set, t.keywords_cleared,
                       t.detail
                  from activity t
                 where t.mailbox = any (array(select p.mailbox from place p))
                   and (t.mailbox = $1 or $1 is null)
                   and exists (select from place p where p.mailbox = t.mailbox and t.uids @> p.uid)) a
         where ($2::text is null
                or a.account in (select w.id from account w where w.name = $2
                                  union all
                                 select w.account from origin w where w.account_name = $2))
           and ($3::smallint is null or a.kind = $3)
           and a.at >= to_timestamp($4::bigint)
           and a.at < to_timestamp($5::bigint)
           and ($8::bigint is null or a.id < $8)
         order by a.at desc, a.id desc
         limit $6) a
  left join origin o on o.session = a.session
  left join account who on who.id = a.account
  left join account owner on owner.id = a.owner
  left join account other on other.id = a.other_owner
 order by a.at, a.id
