-- The wrong passwords so far for the user named $2 and from the network $3, and whether the account $1 is known there.
with u as (
  select user_hash($2) as hash
), w as (
  select p.user_hash, p.network, p.failures, extract(epoch from now() - p.failed_at)::float8 as since
    from u, wrong_password p
   where (p.network, p.user_hash) in (($3, ''::bytea), ('', u.hash), ($3, u.hash))
     and p.failed_at >= now() - $4::interval
)
select (select w.failures from u, w where w.network = $3 and w.user_hash = u.hash) as "by_both?",
       (select w.since from u, w where w.network = $3 and w.user_hash = u.hash) as "since_by_both?",
       (select w.failures from w where w.network = $3 and w.user_hash = '') as "by_network?",
       (select w.since from w where w.network = $3 and w.user_hash = '') as "since_by_network?",
       (select w.failures from u, w where w.network = '' and w.user_hash = u.hash) as "by_user?",
       (select w.since from u, w where w.network = '' and w.user_hash = u.hash) as "since_by_user?",
       exists (select from known_network k
                where k.account = $1 and k.network = $3 and k.seen_at >= now() - $5::interval) as "is_known!"
