// forward PORT=HOST:PORT: let connections to 127.0.0.1:PORT in this container go to HOST:PORT; see trust.
import { writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";

const [, port, host, there] = /^(\d+)=([^:]+):(\d+)$/.exec(process.argv[2]);

createServer((near) => {
  const far = connect(Number(there), host);
  near.on("error", () => far.destroy());
  far.on("error", () => near.destroy());
  near.pipe(far).pipe(near);
}).listen(Number(port), "127.0.0.1", () => writeFileSync("/tmp/forwards", ""));
