// An identity provider: node-oidc-provider (https://github.com/panva/node-oidc-provider). Each client of it is a person with a secret; its
// access tokens are JSON Web Tokens for `postroom`, or for whatever else is asked for. Prints a line once it listens.
//
// node oidc.mjs PORT KEY-ID ALGORITHM SECONDS

import { generateKeyPairSync } from "node:crypto";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(process.cwd() + "/");
const { Provider } = await import(pathToFileURL(require.resolve("oidc-provider")));

const [port, id, algorithm, seconds] = process.argv.slice(2);
const kinds = {
  RS256: ["rsa", { modulusLength: 2048 }],
  ES256: ["ec", { namedCurve: "P-256" }],
  EdDSA: ["ed25519", {}],
};
const { privateKey } = generateKeyPairSync(...kinds[algorithm]);
const key = { ...privateKey.export({ format: "jwk" }), kid: id, alg: algorithm, use: "sig" };

const people = ["ada", "bo", "nobody"];
const provider = new Provider(`http://127.0.0.1:${port}`, {
  jwks: { keys: [key] },
  clients: people.map((name) => ({
    client_id: name,
    client_secret: `${name}-secret`,
    grant_types: ["client_credentials"],
    redirect_uris: [],
    response_types: [],
    id_token_signed_response_alg: algorithm,
  })),
  extraTokenClaims: (_context, token) => ({ preferred_username: token.clientId }),
  ttl: { ClientCredentials: Number(seconds) },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
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
