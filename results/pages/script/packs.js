// What a page keeps compressed: text by name, in base64.

/** The text of a pack, or null where the page has none of this name. */
export async function unpacked(name) {
  const holder = document.getElementById(`pack-${name}`);
  if (!holder) return null;
  const bytes = Uint8Array.from(atob(holder.textContent), (character) => character.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}
