-- By what somebody proves with SCRAM that he knows the password of an account (ADR 0108).

alter table account
  -- Made of the same password as password_hash, and gone with it.
  add column scram_verifier text collate "C";
