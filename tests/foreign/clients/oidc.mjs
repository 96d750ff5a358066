// An identity provider: node-oidc-provider (https://github.com/panva/node-oidc-provider). Each client of it is a person with a secret; its
// access tokens are JSON Web Tokens for `postroom`, or for whatever else is asked for. One more client is `pages`, at which people sign in who
// come back to one of the redirect URIs; whatever name they type is theirs. Prints a line once it listens.
//
// node oidc.mjs PORT KEY-ID ALGORITHM SECONDS [REDIRECT-URI...]

import { generateKeyPairSync } from "node:crypto";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(process.cwd() + "/");
const { Provider } = await import(pathToFileURL(require.resolve("oidc-provider")));

const [port, id, algorithm, seconds, ...redirects] = process.argv.slice(2);
const kinds = {
  RS256: ["rsa", { modulusLength: 2048 }],
  ES256: ["ec", { namedCurve: "P-256" }],
  EdDSA: ["ed25519", {}],
};
const { privateKey } = generateKeyPairSync(...kinds[algorithm]);
const key = { ...privateKey.export({ format: "jwk" }), kid: id, alg: algorithm, use: "sig" };

const people = ["ada", "bo", "nobody"];
const pages = {
  client_id: "pages",
  // With signs that have to be encoded (RFC 6749, 2.3.1).
  client_secret: "pages: 100% +",
  grant_types: ["authorization_code"],
  response_types: ["code"],
  redirect_uris: redirects,
  id_token_signed_response_alg: algorithm,
};
const provider = new Provider(`http://127.0.0.1:${port}`, {
  jwks: { keys: [key] },
  clients: [...(redirects.length ? [pages] : []), ...people.map((name) => ({
    client_id: name,
    client_secret: `${name}-secret`,
    grant_types: ["client_credentials"],
    redirect_uris: [],
    response_types: [],
    id_token_signed_response_alg: algorithm,
  }))],
  cookies: { keys: ["of a test"] },
  pkce: { required: () => true },
  claims: { openid: ["sub"], profile: ["preferred_username"] },
  conformIdTokenClaims: false,
  findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub, preferred_username: sub }) }),
  extraTokenClaims: (_context, token) => ({ preferred_username: token.clientId }),
  ttl: { ClientCredentials: Number(seconds) },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: redirects.length > 0 },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_context, resource) => ({
        scope: "mail",
        audience: new URL(resource).hostname,
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: algorithm } },
      }),
    },
  },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("listening"));
