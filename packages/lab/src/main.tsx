/**
 * Starts the page: the engine's worker first, because it takes longest, then what there is to see.
 */
import { createRoot } from "react-dom/client";
import { App, loadTheRest } from "./app.js";
import { engine } from "./engine/engines.js";
import { startAddressBar } from "./session/address-bar.js";
import { loadCatalogue } from "./session/session.js";
import { applyTheme } from "./session/theme.js";
import "./style/index.css";

engine.warm();
applyTheme();
createRoot(document.getElementById("root")!).render(<App />);
startAddressBar();
void loadCatalogue().then(loadTheRest);
