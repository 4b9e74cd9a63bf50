// Server-sent events over fetch (WHATWG HTML §9.2, as far as media-service uses it). EventSource can send no token.

// Calls take(type, text of the data) for each event until the answer ends. Throws when it is aborted or lost.
export async function readEvents(reply, take) {
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const {done, value} = await reader.read();
    if (done) return;
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) {
      const event = {type: 'message', data: []};
      for (const line of block.split('\n')) {
        if (line.startsWith('event: ')) event.type = line.slice(7);
        else if (line.startsWith('data: ')) event.data.push(line.slice(6));
      }
      if (event.data.length) take(event.type, event.data.join('\n'));
    }
  }
}
