// SPDX-License-Identifier: AGPL-3.0-only
import fastify from "fastify";

interface Call {
  readonly id: number;
  readonly method: string;
  readonly params?: readonly unknown[];
}

/**
 * Serves JSON-RPC in this process, and gives the URL.
 * @param answer gives a result as JSON, or fails with the error's message
 */
export async function serveRpc(
  answer: (method: string, params: readonly unknown[]) => string | Promise<string>,
): Promise<string> {
  const one = async ({ id, method, params = [] }: Call) => {
    try {
      return `{"jsonrpc":"2.0","id":${id},"result":${await answer(method, params)}}`;
    } catch (error) {
      const { message } = error as Error;
      return JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32_000, message } });
    }
  };
  const app = fastify({ bodyLimit: 2 ** 30 });
  app.post("/", async ({ body }, reply) => {
    reply.type("application/json");
    return Array.isArray(body) ? `[${(await Promise.all(body.map(one))).join(",")}]` : one(body as Call);
  });
  return app.listen({ host: "127.0.0.1", port: 0 });
}
