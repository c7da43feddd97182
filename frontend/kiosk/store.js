// IndexedDB with strict durability: measured to survive a killed browser at once, where localStorage and cookies lose
// seconds. Two stores: "kept" (token, agenda, memory, clock, boots) by name and "events" (the outbox) by [boot, seq].
export async function openStore() {
  const db = await new Promise((resolve, reject) => {
    const request = indexedDB.open("confsvc-kiosk", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("kept");
      request.result.createObjectStore("events", { keyPath: ["boot", "seq"] });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const within = (names, mode, work) =>
    new Promise((resolve, reject) => {
      const tx = db.transaction(names, mode, { durability: "strict" });
      const request = work(tx);
      tx.oncomplete = () => resolve(request?.result);
      tx.onerror = tx.onabort = () => reject(tx.error);
    });
  return {
    get: (name) => within("kept", "readonly", (tx) => tx.objectStore("kept").get(name)),
    set: (name, value) => within("kept", "readwrite", (tx) => tx.objectStore("kept").put(value, name)),
    events: () => within("events", "readonly", (tx) => tx.objectStore("events").getAll()),
    addEvent: (event) => within("events", "readwrite", (tx) => tx.objectStore("events").put(event)),
    dropEvents: (events) =>
      within("events", "readwrite", (tx) => {
        for (const { boot, seq } of events) tx.objectStore("events").delete([boot, seq]);
      }),
    wipe: () =>
      within(["kept", "events"], "readwrite", (tx) => {
        tx.objectStore("kept").clear();
        tx.objectStore("events").clear();
      }),
  };
}
