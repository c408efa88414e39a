# SPDX-License-Identifier: Apache-2.0
"""A mail server on the loopback that prints every letter as one line of JSON."""
import asyncio, json, socket
from aiosmtpd.smtp import SMTP

class Box:
    async def handle_DATA(self, server, session, envelope):
        print(json.dumps({"from": envelope.mail_from, "to": envelope.rcpt_tos,
                          "letter": envelope.content.decode("utf-8")}), flush=True)
        if any(name.startswith("full") for name in envelope.rcpt_tos):
            return "552 Mailbox full"
        return "250 Taken"

async def main():
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(Box()), "127.0.0.1", 0)
    print("port", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
