-- Who can log in, and in which groups they are.
--
-- Names are folded (NFC, lower case) by the store before they come here, so that equal means equal.
--
-- Ids of every kind end below 2^48, so that several databases can share one space of ids (ADR 0039): that of cell n begins
-- at n << 48. Whoever sets up another cell moves its sequences there.

create table account (
  id               bigint  generated always as identity (maxvalue 281474976710655) primary key,
  name             text    collate "C" not null unique,
  password_hash    text,
  password_version bigint  not null default 1,
  is_admin         boolean not null default false,
  is_disabled      boolean not null default false,
  created_at       timestamptz not null default now()
);

create table user_group (
  id   bigint generated always as identity (maxvalue 281474976710655) primary key,
  name text   collate "C" not null unique
);

create table user_group_member (
  account    bigint not null references account on delete cascade,
  user_group bigint not null references user_group on delete cascade,
  primary key (account, user_group)
);

create index user_group_member_by_group on user_group_member (user_group);

create table user_group_nesting (
  inner_group bigint not null references user_group on delete cascade,
  outer_group bigint not null references user_group on delete cascade,
  primary key (inner_group, outer_group)
);

create index user_group_nesting_by_outer on user_group_nesting (outer_group);

-- Who is in which group, directly or through other groups. Kept by whatever changes a group, so that
-- asking for rights walks no tree of groups.
create table effective_member (
  account    bigint not null references account on delete cascade,
  user_group bigint not null references user_group on delete cascade,
  primary key (account, user_group)
);

create index effective_member_by_group on effective_member (user_group);
