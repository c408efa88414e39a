# SPDX-License-Identifier: Apache-2.0
"""A mail server on the loopback that prints every letter as one line of JSON.

mailbox.py [starttls|tls CERTIFICATE KEY]
"""
import asyncio, json, ssl, sys
from aiosmtpd.smtp import SMTP

class Box:
    async def handle_DATA(self, server, session, envelope):
        print(json.dumps({"from": envelope.mail_from, "to": envelope.rcpt_tos,
                          "tls": server.transport.get_extra_info("ssl_object") is not None,
                          "letter": envelope.content.decode("utf-8")}), flush=True)
        if any(name.startswith("full") for name in envelope.rcpt_tos):
            return "552 Mailbox full"
        return "250 Taken"

async def main():
    mode, context = "plain", None
    if len(sys.argv) > 1:
        mode = sys.argv[1]
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(sys.argv[2], sys.argv[3])
    loop = asyncio.get_running_loop()
    # A client that hangs up at the handshake is part of the trial.
    loop.set_exception_handler(lambda loop, context: None)
    starttls = {"tls_context": context, "require_starttls": True} if mode == "starttls" else {}
    server = await loop.create_server(
        lambda: SMTP(Box(), **starttls), "127.0.0.1", 0, ssl=context if mode == "tls" else None)
    print("port", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
